import { type Graph, type GraphBinding, GraphError, type GraphValue, sizeOf, type TypedArray } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "./builder.js";

class ConstantOperand implements Operand {
  readonly shape: readonly number[];
  readonly dtype: Operand["dtype"];
  readonly constant: TypedArray;
  readonly #builder: ModelBuilder;
  #name: string | null = null;

  constructor(builder: ModelBuilder, value: GraphValue, data: TypedArray) {
    this.#builder = builder;
    this.shape = value.shape;
    this.dtype = value.dtype;
    this.constant = data;
  }

  get name(): string {
    this.#name ??= this.#builder.initializer("constant", this.constant, this.shape, this.dtype);
    return this.#name;
  }
}

/** What each value of a graph is called in the file. */
export class Operands {
  readonly #builder: ModelBuilder;
  readonly #known = new Map<GraphValue, Operand>();

  constructor(builder: ModelBuilder, graph: Graph, inputs: readonly GraphBinding[]) {
    this.#builder = builder;
    for (const [value, data] of graph.constants) {
      if (data.length !== sizeOf(value.shape)) {
        throw new GraphError(
          "graphToOnnx",
          `a constant of shape [${value.shape.join(", ")}] holds ${data.length} elements`,
          "give as many elements as the shape has",
        );
      }
      this.#known.set(value, new ConstantOperand(builder, value, data));
    }
    for (const { name, value } of inputs) this.define(value, name);
  }

  get(value: GraphValue): Operand | undefined {
    return this.#known.get(value);
  }

  define(value: GraphValue, name: string): void {
    this.#known.set(value, { name, shape: value.shape, dtype: value.dtype, constant: null });
  }

  /** A value without elements needs no node: it is a constant. */
  defineEmpty(value: GraphValue): void {
    this.#known.set(value, {
      name: this.#builder.filled(0, value),
      shape: value.shape,
      dtype: value.dtype,
      constant: null,
    });
  }
}
