import type { BoundGraph, BoundNode, Values } from "../bind/bound.js";
import type { Value } from "../bind/value.js";

/** Which nodes read a value. */
export class Uses {
  readonly #readers = new Map<Value, Set<object>>();

  constructor(graph: BoundGraph) {
    this.#visit(graph.nodes);
    this.#add(graph.outputs, this);
    this.#add(
      graph.state.map(({ output }) => output),
      this,
    );
  }

  /** Whether anything but these nodes reads a value, or another name of it. */
  outside(value: Value, nodes: ReadonlySet<object>): boolean {
    for (const reader of this.#readers.get(value.root) ?? []) if (!nodes.has(reader)) return true;
    return false;
  }

  #add(values: Values, reader: object): void {
    for (const value of values) {
      if (value === null) continue;
      const known = this.#readers.get(value.root);
      if (known) known.add(reader);
      else this.#readers.set(value.root, new Set([reader]));
    }
  }

  #visit(nodes: readonly BoundNode[]): void {
    for (const node of nodes) {
      this.#add(node.inputs, node);
      if (node.kind === "backward") {
        this.#add(node.forward.inputs, node);
        this.#add(node.forward.outputs, node);
      } else if (node.kind === "scan") {
        this.#add(node.nextStates, node);
        this.#add(node.results, node);
        this.#visit(node.nodes);
      }
    }
  }
}
