import {
  type BackwardNode,
  type DType,
  evaluateSize,
  type FusedOp,
  type Graph,
  type GraphBinding,
  type GraphNode,
  type GraphState,
  type GraphValue,
  type HostTensor,
  type Op,
  type OpNode,
  type ScanNode,
  type Size,
  type SizedAttrs,
  type TypedArray,
} from "@unrolled/backend";
import { inferErased } from "../erased.js";

type Values = readonly (GraphValue | null)[];

export interface ScanParts {
  readonly states: readonly GraphValue[];
  readonly sequences: readonly GraphValue[];
  readonly reverse?: boolean;
  /** Outputs by position, the last states first; `false` leaves one out. Default: all. */
  readonly wanted?: readonly boolean[];
}

export interface ScanStep {
  readonly states: readonly GraphValue[];
  readonly results: readonly GraphValue[];
}

/** Writes graphs by hand; shapes come from the op table. */
export class GraphBuilder {
  readonly #sizes: Readonly<Record<string, number>>;
  readonly #inputs: GraphBinding[] = [];
  readonly #outputs: GraphBinding[] = [];
  readonly #state: GraphState[] = [];
  readonly #constants = new Map<GraphValue, TypedArray>();
  readonly #shapes = new Map<GraphValue, readonly Size[]>();
  readonly #attrs = new Map<GraphNode, SizedAttrs>();
  #nodes: GraphNode[] = [];
  #made = 0;

  /** `sizes`: the example's number of each named size. */
  constructor(sizes: Readonly<Record<string, number>> = {}) {
    this.#sizes = sizes;
  }

  /** A new value; its shape is noted where it depends on a named size. */
  value(shape: readonly Size[], dtype: DType): GraphValue {
    const value = { id: this.#made++, shape: shape.map((size) => evaluateSize(size, this.#sizes)), dtype };
    if (shape.some((size) => typeof size !== "number")) this.#shapes.set(value, shape);
    return value;
  }

  input(name: string, shape: readonly Size[], dtype: DType = "float32"): GraphValue {
    const value = this.value(shape, dtype);
    this.#inputs.push({ name, value });
    return value;
  }

  constant({ data, shape, dtype }: HostTensor): GraphValue {
    const value = this.value(shape, dtype);
    this.#constants.set(value, data);
    return value;
  }

  /** A state, which stays as it is unless `next` says otherwise. */
  state(name: string, { data, shape, dtype }: HostTensor): GraphValue {
    const input = this.value(shape, dtype);
    this.#state.push({ name, input, output: input, initial: data });
    return input;
  }

  next(name: string, output: GraphValue): void {
    const at = this.#state.findIndex((state) => state.name === name);
    this.#state[at] = { ...this.#state[at], output };
  }

  output(name: string, value: GraphValue): void {
    this.#outputs.push({ name, value });
  }

  /**
   * One op. Attributes may hold named sizes.
   * @param shapes of the outputs, where they depend on named sizes
   * @param wanted by output; default: all
   */
  node(
    op: Op,
    inputs: Values,
    attrs: Readonly<Record<string, unknown>> = {},
    shapes: readonly (readonly Size[])[] = [],
    wanted: readonly boolean[] = [],
  ): OpNode {
    const { numbers, sized } = this.#split(attrs);
    const outputs = inferErased(op, inputs, numbers).map((meta, i) =>
      meta && wanted[i] !== false ? this.value(shapes[i] ?? meta.shape, meta.dtype) : null,
    );
    const node = { kind: "op", op, attrs: numbers, inputs, outputs } as unknown as OpNode;
    this.#nodes.push(node);
    if (Object.keys(sized).length > 0) this.#attrs.set(node, sized);
    return node;
  }

  /** The first output of one op. */
  op(
    op: Op,
    inputs: Values,
    attrs: Readonly<Record<string, unknown>> = {},
    shape: readonly Size[] | null = null,
  ): GraphValue {
    return this.node(op, inputs, attrs, shape ? [shape] : []).outputs[0] as GraphValue;
  }

  /** Gradients of a fused node's inputs; `null` where not wanted. */
  backward(forward: OpNode, cotangents: Values, wanted: readonly boolean[]): Values {
    const outputs = forward.inputs.map((value, i) =>
      value && wanted[i] ? this.value(this.#shapes.get(value) ?? value.shape, value.dtype) : null,
    );
    const op = forward.op as FusedOp;
    const node = { kind: "backward", op, forward, inputs: cotangents, outputs } as unknown as BackwardNode;
    this.#nodes.push(node);
    return outputs;
  }

  /** The last states, then the stacked results. */
  scan(
    { states, sequences, reverse = false, wanted = [] }: ScanParts,
    step: (states: readonly GraphValue[], slices: readonly GraphValue[]) => ScanStep,
  ): GraphValue[] {
    const before = states.map((value) => this.#like(value));
    const slices = sequences.map((value) => this.value(this.#sized(value).slice(1), value.dtype));
    const around = this.#nodes;
    this.#nodes = [];
    const after = step(before, slices);
    const body = { states: before, slices, nodes: this.#nodes, nextStates: after.states, results: after.results };
    this.#nodes = around;
    const length = this.#sized(sequences[0])[0];
    const all = [
      ...states.map((value) => () => this.#like(value)),
      ...after.results.map((value) => () => this.value([length, ...this.#sized(value)], value.dtype)),
    ];
    const outputs = all.map((make, i) => (wanted[i] === false ? null : make()));
    const node: ScanNode = { kind: "scan", op: "scan", body, reverse, inputs: [...states, ...sequences], outputs };
    this.#nodes.push(node);
    return outputs as GraphValue[];
  }

  build(name: string): Graph {
    const graph = {
      name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      state: this.#state,
      constants: this.#constants,
      nodes: this.#nodes,
    };
    if (Object.keys(this.#sizes).length === 0) return graph;
    return { ...graph, dims: { sizes: this.#sizes, shapes: this.#shapes, attrs: this.#attrs } };
  }

  #sized(value: GraphValue): readonly Size[] {
    return this.#shapes.get(value) ?? value.shape;
  }

  #like(value: GraphValue): GraphValue {
    return this.value(this.#sized(value), value.dtype);
  }

  #split(attrs: Readonly<Record<string, unknown>>): { numbers: Record<string, unknown>; sized: SizedAttrs } {
    const numbers: Record<string, unknown> = {};
    const sized: Record<string, Size | readonly Size[]> = {};
    for (const [name, value] of Object.entries(attrs)) {
      if (Array.isArray(value) && value.some(isNamed)) {
        sized[name] = value as Size[];
        numbers[name] = (value as Size[]).map((size) => evaluateSize(size, this.#sizes));
      } else if (isNamed(value)) {
        sized[name] = value;
        numbers[name] = evaluateSize(value, this.#sizes);
      } else {
        numbers[name] = value;
      }
    }
    return { numbers, sized };
  }
}

function isNamed(value: unknown): value is Exclude<Size, number> {
  return typeof value === "object" && value !== null && "terms" in value;
}
