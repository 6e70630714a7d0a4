import {
  type Graph,
  type GraphBinding,
  GraphError,
  type GraphValue,
  type Meta,
  type Size,
  sizeOf,
  type TypedArray,
} from "@unrolled/backend";
import type { ModelBuilder } from "./builder.js";
import type { Deferred, Direction, Operand, Result, Rows } from "./operand.js";

class ConstantOperand implements Operand {
  readonly shape: readonly number[];
  readonly dtype: Operand["dtype"];
  readonly constant: TypedArray;
  readonly title: string | null;
  readonly #builder: ModelBuilder;
  #name: string | null = null;

  constructor(builder: ModelBuilder, value: GraphValue, data: TypedArray, title: string | null) {
    this.#builder = builder;
    this.shape = value.shape;
    this.dtype = value.dtype;
    this.constant = data;
    this.title = title;
  }

  get sizes(): readonly Size[] {
    return this.shape;
  }

  get name(): string {
    this.#name ??= this.#builder.initializer(this.title ?? "constant", this.constant, this.shape, this.dtype);
    return this.#name;
  }
}

class DeferredOperand implements Operand {
  readonly shape: readonly number[];
  readonly dtype: Operand["dtype"];
  readonly sizes: readonly Size[];
  readonly constant = null;
  readonly title = null;
  readonly fill: number | undefined;
  readonly rows: Rows | undefined;
  readonly direction: Direction | undefined;
  readonly #make: () => string;
  #name: string | null = null;

  constructor({ shape, dtype }: Meta, sizes: readonly Size[], deferred: Deferred, make: () => string) {
    this.shape = shape;
    this.dtype = dtype;
    this.sizes = sizes;
    this.fill = deferred.fill;
    this.rows = deferred.rows;
    this.direction = deferred.direction;
    this.#make = make;
  }

  get name(): string {
    this.#name ??= this.#make();
    return this.#name;
  }
}

/** What each value of a graph is called in the file. */
export class Operands {
  readonly #builder: ModelBuilder;
  readonly #dims: Graph["dims"];
  readonly #known = new Map<GraphValue, Operand>();

  /** @param titles what initialisers are called, where constants have names */
  constructor(
    builder: ModelBuilder,
    graph: Graph,
    inputs: readonly GraphBinding[],
    titles: ReadonlyMap<GraphValue, string> = new Map(),
  ) {
    this.#builder = builder;
    this.#dims = graph.dims;
    for (const [value, data] of graph.constants) {
      if (data.length !== sizeOf(value.shape)) {
        throw new GraphError(
          "graphToOnnx",
          `a constant of shape [${value.shape.join(", ")}] holds ${data.length} elements`,
          "give as many elements as the shape has",
        );
      }
      this.#known.set(value, new ConstantOperand(builder, value, data, titles.get(value) ?? null));
    }
    for (const { name, value } of inputs) this.define(value, name);
  }

  get(value: GraphValue): Operand | undefined {
    return this.#known.get(value);
  }

  /** Raises for a value that nothing before has made. */
  require(value: GraphValue, place: string): Operand {
    const operand = this.#known.get(value);
    if (operand) return operand;
    throw new GraphError(
      "graphToOnnx",
      `${place} reads value ${value.id}, which nothing before it makes`,
      "order the nodes so that every input comes before its use",
    );
  }

  /** The sizes of a value in every run. */
  sizes(value: GraphValue): readonly Size[] {
    return this.#dims?.shapes.get(value) ?? value.shape;
  }

  define(value: GraphValue, name: string): void {
    this.#known.set(value, {
      name,
      shape: value.shape,
      dtype: value.dtype,
      sizes: this.sizes(value),
      constant: null,
      title: null,
    });
  }

  /** A result of the nodes from index `since` on, which is called `wanted` where it has no name yet. */
  bind(builder: ModelBuilder, value: GraphValue, result: Result, wanted: string, since: number): void {
    if (typeof result === "string") {
      this.define(value, builder.rename(result, wanted, since));
    } else if (!("make" in result)) {
      this.#known.set(value, result);
    } else {
      const { scope } = builder;
      this.#known.set(
        value,
        new DeferredOperand(value, this.sizes(value), result, () => {
          const before = builder.scope;
          builder.scope = scope;
          const first = builder.nodes.length;
          const name = builder.rename(result.make(), wanted, first);
          builder.scope = before;
          return name;
        }),
      );
    }
  }

  /** A value without elements needs no node: it is a constant. */
  defineEmpty(value: GraphValue): void {
    this.define(value, this.#builder.filled(0, { ...value, sizes: this.sizes(value) }));
  }
}
