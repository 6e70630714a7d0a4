import {
  type Attrs,
  type BackwardNode,
  evaluateSize,
  formatShape,
  type Graph,
  GraphError,
  type GraphNode,
  type GraphValue,
  type Meta,
  type Op,
  type OpNode,
  type ScanNode,
  type Shape,
  ShapeError,
  type Size,
  type TypedArray,
  table,
} from "@unrolled/backend";
import type { BoundBackward, BoundGraph, BoundNode, BoundOp, BoundScan, Values } from "./bound.js";
import { type Kernels, simplified } from "./simplify.js";
import { Value } from "./value.js";

type AnyInfer = (inputs: readonly (Meta | null)[], attrs: object) => readonly (Meta | null)[];
export type Sizes = Readonly<Record<string, number>>;

export interface Binding {
  readonly sizes: Sizes;
  /** Of the run's inputs, in the graph's order. */
  readonly shapes: readonly Shape[];
  /** Elements of the graph's constants, which the caller keeps. */
  readonly constants: ReadonlyMap<GraphValue, TypedArray>;
  readonly kernels: Kernels;
}

/**
 * A graph with numbers for all sizes. Shapes are inferred anew from the inputs', so misfits raise as they do eagerly. What depends
 * on constants alone is computed, and what moves no elements becomes another name of its input.
 */
export function bindGraph(graph: Graph, binding: Binding): BoundGraph {
  return new Binder(graph, binding).bind();
}

class Binder {
  readonly #graph: Graph;
  readonly #binding: Binding;
  readonly #values = new Map<GraphValue, Value>();
  readonly #ops = new Map<OpNode, BoundOp>();
  readonly #withGradient = new Set<GraphNode>();

  constructor(graph: Graph, binding: Binding) {
    this.#graph = graph;
    this.#binding = binding;
    for (const [value, data] of binding.constants) this.#values.set(value, Value.constant(value, data));
    this.#findGradients(graph.nodes);
  }

  bind(): BoundGraph {
    const { inputs, outputs, state, nodes } = this.#graph;
    const given = inputs.map(({ value }, i) =>
      this.#make(value, { shape: this.#binding.shapes[i], dtype: value.dtype }),
    );
    const states = state.map(({ input }) => this.#make(input, input));
    const bound = this.#bindNodes(nodes);
    return {
      inputs: given,
      outputs: outputs.map(({ value }) => this.#read(value)),
      state: state.map(({ output }, i) => ({ input: states[i], output: this.#read(output) })),
      nodes: bound,
    };
  }

  #findGradients(nodes: readonly GraphNode[]): void {
    for (const node of nodes) {
      if (node.kind === "backward") this.#withGradient.add(node.forward);
      if (node.kind === "scan") this.#findGradients(node.body.nodes);
    }
  }

  #make(value: GraphValue, meta: Meta): Value {
    const made = Value.made(meta);
    this.#values.set(value, made);
    return made;
  }

  #read(value: GraphValue): Value {
    const known = this.#values.get(value);
    if (known) return known;
    throw new GraphError(
      "run",
      `value ${value.id} is used before it is made`,
      "order the nodes so that inputs come first",
    );
  }

  #readAll(values: readonly (GraphValue | null)[]): Values {
    return values.map((value) => value && this.#read(value));
  }

  #bindNodes(nodes: readonly GraphNode[]): BoundNode[] {
    return nodes.flatMap((node): BoundNode[] => {
      if (node.kind === "scan") return [this.#scan(node)];
      if (node.kind === "backward") return [this.#backward(node)];
      const bound = this.#op(node);
      return bound ? [bound] : [];
    });
  }

  #op(node: OpNode): BoundOp | null {
    const { op } = node;
    const attrs = this.#attrs(node);
    const inputs = this.#readAll(node.inputs);
    const call = { attrs, in: inputs, out: (table[op].infer as AnyInfer)(inputs, attrs) };
    const [only] = node.outputs;
    const known = only && simplified(op, attrs, inputs, call, this.#binding.kernels);
    if (known) {
      this.#values.set(only, known);
      return null;
    }
    const saves = this.#withGradient.has(node);
    const outputs = call.out.map((meta, i) => {
      const value = node.outputs[i];
      if (meta === null) return null;
      if (value) return this.#make(value, meta);
      return saves ? Value.made(meta) : null;
    });
    const bound: BoundOp = { kind: "op", op, attrs, inputs, outputs, call, saves };
    this.#ops.set(node, bound);
    return bound;
  }

  #backward(node: BackwardNode): BoundBackward {
    const forward = this.#ops.get(node.forward);
    if (forward === undefined) {
      throw new GraphError(
        "run",
        `the gradient of ${node.op} comes before its forward pass`,
        "order the nodes so that inputs come first",
      );
    }
    const outputs = node.outputs.map((value, i) => {
      const input = forward.inputs[i];
      return value && input ? this.#make(value, input) : null;
    });
    return { kind: "backward", op: node.op, forward, inputs: this.#readAll(node.inputs), outputs };
  }

  #scan(node: ScanNode): BoundScan {
    const { body, reverse } = node;
    const inputs = this.#readAll(node.inputs) as readonly Value[];
    const count = body.states.length;
    const sequences = inputs.slice(count);
    const steps = sequences[0].shape[0];
    const stranger = sequences.find(({ shape }) => shape[0] !== steps);
    if (stranger) {
      throw new ShapeError(
        "scan",
        `sequences have ${steps} steps and ${formatShape(stranger.shape)}`,
        "give all the same first size",
      );
    }
    const states = body.states.map((value, i) => this.#make(value, inputs[i]));
    const slices = body.slices.map((value, i) => {
      const { shape, dtype } = sequences[i];
      return this.#make(value, { shape: shape.slice(1), dtype });
    });
    const nodes = this.#bindNodes(body.nodes);
    const nextStates = this.#readAll(body.nextStates) as readonly Value[];
    const results = this.#readAll(body.results) as readonly Value[];
    const outputs = node.outputs.map((value, i) => {
      if (value === null) return null;
      if (i < count) return this.#make(value, states[i]);
      const { shape, dtype } = results[i - count];
      return this.#make(value, { shape: [steps, ...shape], dtype });
    });
    return { kind: "scan", op: "scan", steps, reverse, inputs, outputs, states, slices, nodes, nextStates, results };
  }

  #attrs(node: OpNode): Attrs<Op> {
    const sized = this.#graph.dims?.attrs.get(node);
    if (sized === undefined) return node.attrs;
    const { sizes } = this.#binding;
    const bound = Object.entries(sized).map(([name, value]) => [
      name,
      isList(value) ? value.map((size) => evaluateSize(size, sizes)) : evaluateSize(value, sizes),
    ]);
    return { ...node.attrs, ...Object.fromEntries(bound) } as Attrs<Op>;
  }
}

const isList = (value: Size | readonly Size[]): value is readonly Size[] => Array.isArray(value);
