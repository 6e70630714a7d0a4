import {
  type BackwardNode,
  formatSize,
  type Graph,
  type GraphNode,
  type GraphValue,
  type OpNode,
  type Shape,
  type Size,
  type SizedAttrs,
} from "@unrolled/backend";
import { Rewrite } from "./rewrite.js";

/** Where the lengths stand among the inputs of each sequence op. */
const lengthsAt: ReadonlyMap<string, number> = new Map([
  ["rnnSequence", 6],
  ["lstmSequence", 7],
  ["gruSequence", 6],
]);

/**
 * Reads the last hidden state of a sequence where a graph takes the last step of all its outputs, and hands the gradient to it:
 * the same numbers, without outputs and gradients for every step. Not for reversed sequences, nor where sequences end early.
 */
export function readLastStates(graph: Graph): Graph {
  return new LastSteps(graph).rewritten();
}

class LastSteps {
  readonly #graph: Graph;
  readonly #makers = new Map<GraphValue, GraphNode>();
  readonly #rewrite = new Rewrite();
  readonly #shapes: Map<GraphValue, readonly Size[]>;
  /** Sized attributes of nodes made here. */
  readonly #attrs = new Map<GraphNode, SizedAttrs>();
  #nextId: number;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#shapes = new Map(graph.dims?.shapes);
    let largest = 0;
    for (const node of graph.nodes) {
      for (const value of node.outputs) {
        if (value === null) continue;
        this.#makers.set(value, node);
        largest = Math.max(largest, value.id);
      }
    }
    for (const value of [...graph.constants.keys(), ...graph.inputs.map((input) => input.value)])
      largest = Math.max(largest, value.id);
    for (const { input } of graph.state) largest = Math.max(largest, input.id);
    this.#nextId = largest + 1;
  }

  rewritten(): Graph {
    const nodes = this.#graph.nodes.flatMap((node): GraphNode[] => {
      if (node.kind === "op" && node.op === "slice") {
        const hidden = this.#hiddenBehind(node as OpNode<"slice">);
        if (hidden) return [this.#reshape(hidden, node.outputs[0] as GraphValue)];
      }
      if (node.kind === "backward") return this.#throughLastState(node);
      return [this.#rewrite.copy(node, (scan) => scan)];
    });
    const graph = this.#rewrite.finish(this.#graph, nodes);
    if (!graph.dims) return graph;
    return {
      ...graph,
      dims: { ...graph.dims, shapes: this.#shapes, attrs: new Map([...graph.dims.attrs, ...this.#attrs]) },
    };
  }

  /** The last hidden state, where a slice takes the last step of a sequence's outputs and nothing else. */
  #hiddenBehind(slice: OpNode<"slice">): GraphValue | null {
    const [source] = slice.inputs;
    const maker = source ? this.#makers.get(source) : undefined;
    if (source === null || !maker || !isPlainSequence(maker) || maker.outputs[0] !== source) return null;
    const sizes = this.#sizesOf(source);
    const starts = this.#attr(slice, "starts");
    const ends = this.#attr(slice, "ends");
    const isLast = (size: Size, i: number): boolean =>
      i === 0 ? same(starts[0], less(size, 1)) && same(ends[0], size) : same(starts[i], 0) && same(ends[i], size);
    return slice.attrs.steps.every((step) => step === 1) && sizes.every(isLast) ? maker.outputs[1] : null;
  }

  /** A gradient whose cotangent of all outputs is zero but for the last step. */
  #throughLastState(node: BackwardNode): GraphNode[] {
    const [dY, dH, ...rest] = node.inputs;
    const pad = dY ? this.#makers.get(dY) : undefined;
    const last = pad?.kind === "op" && pad.op === "pad" ? (pad as OpNode<"pad">) : null;
    if (!last || !isPlainSequence(node.forward) || !this.#padsToLast(last))
      return [this.#rewrite.copy(node, (scan) => scan)];
    const [gradient] = last.inputs;
    const hidden = node.forward.inputs[1] as GraphValue;
    const own = this.#value(hidden, this.#sizesOf(hidden));
    const made: GraphNode[] = [this.#reshape(gradient as GraphValue, own)];
    let total = own;
    if (dH) {
      total = this.#value(hidden, this.#sizesOf(hidden));
      made.push({ kind: "op", op: "add", attrs: {}, inputs: [this.#rewrite.read(dH), own], outputs: [total] });
    }
    const copy = this.#rewrite.copy({ ...node, inputs: [null, total, ...rest] }, (scan) => scan);
    return [...made, copy];
  }

  /** Whether zeros stand before the first dimension alone, around one step. */
  #padsToLast(pad: OpNode<"pad">): boolean {
    const [source] = pad.inputs;
    const before = this.#attr(pad, "before");
    const after = this.#attr(pad, "after");
    return (
      source !== null &&
      pad.attrs.value === 0 &&
      same(this.#sizesOf(source)[0], 1) &&
      before.slice(1).every((size) => same(size, 0)) &&
      after.every((size) => same(size, 0))
    );
  }

  #reshape(from: GraphValue, to: GraphValue): OpNode<"reshape"> {
    const node: OpNode<"reshape"> = {
      kind: "op",
      op: "reshape",
      attrs: { shape: to.shape },
      inputs: [this.#rewrite.read(from)],
      outputs: [to],
    };
    const sizes = this.#shapes.get(to);
    if (sizes) this.#attrs.set(node, { shape: sizes });
    return node;
  }

  #value({ shape, dtype }: { shape: Shape; dtype: GraphValue["dtype"] }, sizes: readonly Size[]): GraphValue {
    const value: GraphValue = { id: this.#nextId++, shape, dtype };
    if (sizes.some((size) => typeof size !== "number")) this.#shapes.set(value, sizes);
    return value;
  }

  #sizesOf(value: GraphValue): readonly Size[] {
    return this.#shapes.get(value) ?? value.shape;
  }

  #attr<K extends "slice" | "pad">(node: OpNode<K>, name: keyof OpNode<K>["attrs"] & string): readonly Size[] {
    const sized = this.#graph.dims?.attrs.get(node as GraphNode)?.[name];
    return (sized ?? node.attrs[name]) as readonly Size[];
  }
}

/** A sequence from its first step to its last, for all of its batch. */
function isPlainSequence(node: GraphNode): node is OpNode {
  if (node.kind !== "op") return false;
  const at = lengthsAt.get(node.op);
  return at !== undefined && node.inputs[at] === null && !(node.attrs as { reverse: boolean }).reverse;
}

const same = (a: Size, b: Size): boolean => formatSize(a) === formatSize(b);

function less(size: Size, by: number): Size {
  if (typeof size === "number") return size - by;
  const constant = size.terms.find(({ factors }) => factors.length === 0)?.coefficient ?? 0;
  const others = size.terms.filter(({ factors }) => factors.length > 0);
  return { terms: constant === by ? others : [...others, { coefficient: constant - by, factors: [] }] };
}
