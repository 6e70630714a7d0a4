import {
  type Attrs,
  type BackwardNode,
  type DType,
  type FusedOp,
  type Graph,
  type GraphBinding,
  type GraphNode,
  type GraphState,
  type GraphValue,
  type In,
  type Meta,
  type Op,
  type OpNode,
  type Shape,
  type TypedArray,
  table,
} from "@unrolled/backend";

/** Writes graphs by hand: values and nodes as literals, shapes from the op table. */
export class GraphMaker {
  readonly #inputs: GraphBinding[] = [];
  readonly #outputs: GraphBinding[] = [];
  readonly #state: GraphState[] = [];
  readonly #constants = new Map<GraphValue, TypedArray>();
  readonly #nodes: GraphNode[] = [];
  #values = 0;

  value(shape: Shape, dtype: DType): GraphValue {
    return { id: this.#values++, shape, dtype };
  }

  input(name: string, shape: Shape, dtype: DType): GraphValue {
    const value = this.value(shape, dtype);
    this.#inputs.push({ name, value });
    return value;
  }

  constant(data: TypedArray, shape: Shape, dtype: DType): GraphValue {
    const value = this.value(shape, dtype);
    this.#constants.set(value, data);
    return value;
  }

  op<K extends Op>(op: K, inputs: readonly (GraphValue | null)[], attrs: Attrs<K>): GraphValue[] {
    return this.node(op, inputs, attrs).outputs as GraphValue[];
  }

  node<K extends Op>(
    op: K,
    inputs: readonly (GraphValue | null)[],
    attrs: Attrs<K>,
    wanted: readonly boolean[] = [],
  ): OpNode<K> {
    const metas = table[op].infer(inputs as unknown as In<K, Meta>, attrs) as unknown as readonly (Meta | null)[];
    const outputs = metas.map((meta, i) => (meta && wanted[i] !== false ? this.value(meta.shape, meta.dtype) : null));
    const node: OpNode<K> = { kind: "op", op, attrs, inputs, outputs };
    this.#nodes.push(node as unknown as GraphNode);
    return node;
  }

  backward<K extends FusedOp>(forward: OpNode<K>, inputs: readonly (GraphValue | null)[]): GraphValue[] {
    const outputs = forward.inputs.map((value) => value && this.value(value.shape, value.dtype));
    const node: BackwardNode<K> = { kind: "backward", op: forward.op, forward, inputs, outputs };
    this.#nodes.push(node as unknown as GraphNode);
    return outputs as GraphValue[];
  }

  output(name: string, value: GraphValue): void {
    this.#outputs.push({ name, value });
  }

  state(name: string, shape: Shape, initial: TypedArray, dtype: DType = "float32"): GraphValue {
    const input = this.value(shape, dtype);
    this.#state.push({ name, input, output: input, initial });
    return input;
  }

  setState(name: string, output: GraphValue): void {
    const at = this.#state.findIndex((state) => state.name === name);
    this.#state[at] = { ...this.#state[at], output };
  }

  build(name = "test"): Graph {
    return {
      name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      state: this.#state,
      constants: this.#constants,
      nodes: this.#nodes,
    };
  }
}
