import { create } from "@bufbuild/protobuf";
import {
  allocate,
  type DType,
  formatSize,
  type GraphBinding,
  type GraphDims,
  type Meta,
  type Shape,
  type Size,
  sizeOf,
  type TypedArray,
} from "@unrolled/backend";
import {
  type AttributeProto,
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import { elementTypes, int, int64Proto, tensor, tensorProto } from "./proto.js";
import { renameIn } from "./rename.js";
import { computeSize, placesOfNames } from "./run-sizes.js";
import { allFixed, fixedSize, reshapeTarget, type Sized } from "./sizes.js";

export type { Operand } from "./operand.js";

/** Collects the nodes and initialisers of one ONNX graph, each under a name of its own. */
export class ModelBuilder {
  readonly opset: number;
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[];
  /** The graph node being lowered; its ONNX nodes are named `${scope}/${opType}`. */
  scope = "";
  readonly #taken: Set<string>;
  readonly #shared: Map<string, string>;
  readonly #nextSuffix: Map<string, number>;
  /** Names that stay. */
  readonly #settled: Set<string>;
  /** The builder of the main graph. */
  readonly #main: ModelBuilder;
  #places: ReturnType<typeof placesOfNames> = new Map();

  constructor(opset: number, reserved: Iterable<string>, around?: ModelBuilder) {
    this.opset = opset;
    this.initializers = around ? around.initializers : [];
    this.#main = around ? around.#main : this;
    this.#settled = around ? around.#settled : new Set<string>();
    this.#taken = around ? around.#taken : new Set(reserved);
    this.#shared = around ? around.#shared : new Map<string, string>();
    this.#nextSuffix = around ? around.#nextSuffix : new Map<string, number>();
  }

  /**
   * Collects the nodes of a sub-graph. It may read all names made so far; its own names are new in the whole model, and its
   * initialisers go to the main graph.
   */
  nested(scope: string): ModelBuilder {
    const body = new ModelBuilder(this.opset, [], this);
    body.scope = scope;
    return body;
  }

  /** The nodes collected, as a sub-graph. */
  toGraph(name: string, inputs: readonly ValueInfoProto[], outputs: readonly ValueInfoProto[]): GraphProto {
    return create(GraphProtoSchema, { name, node: this.nodes, input: [...inputs], output: [...outputs] });
  }

  /** Says which inputs tell the sizes of names. */
  readSizesFrom(inputs: readonly GraphBinding[], dims: GraphDims | undefined): void {
    this.#places = placesOfNames(inputs, dims);
  }

  /** `wanted`, or with a number behind it where that is taken. */
  claim(wanted: string): string {
    let name = wanted;
    let suffix = this.#nextSuffix.get(wanted) ?? 1;
    while (this.#taken.has(name)) name = `${wanted}_${suffix++}`;
    this.#nextSuffix.set(wanted, suffix);
    this.#taken.add(name);
    return name;
  }

  /** Adds a node; returns the names of its outputs. An absent input is `""`; an output not `wanted` is `""`. */
  emit(
    opType: string,
    inputs: readonly string[],
    attribute: AttributeProto[],
    wanted: readonly boolean[],
  ): readonly string[] {
    const name = this.claim(`${this.scope}/${opType}`);
    const output = wanted.map((want, i) => (want ? (wanted.length === 1 ? name : `${name}:${i}`) : ""));
    this.nodes.push(
      create(NodeProtoSchema, { name, opType, input: trimmed(inputs), output: trimmed(output), attribute }),
    );
    return output;
  }

  /** Adds a node with one output; returns its name. */
  node(opType: string, inputs: readonly string[], attribute: AttributeProto[] = []): string {
    return this.emit(opType, inputs, attribute, [true])[0];
  }

  /** Names a result of the nodes from index `since` on, all made by one lowering, as `wanted`; leaves any other tensor alone. */
  rename(result: string, wanted: string, since: number): string {
    const own = this.nodes.slice(since);
    if (this.#settled.has(result) || !own.some((node) => node.output.includes(result))) return result;
    const name = this.claim(wanted);
    renameIn(own, new Map([[result, name]]));
    this.#settled.add(name);
    return name;
  }

  /** Adds an initialiser; returns its name. */
  initializer(wanted: string, data: TypedArray, shape: Shape, dtype: DType): string {
    const name = this.claim(wanted);
    this.initializers.push(tensorProto(name, data, shape, dtype));
    return name;
  }

  /** An initialiser made once for each key, however often it is asked for. */
  shared(key: string, make: () => string): string {
    let name = this.#shared.get(key);
    if (name === undefined) {
      name = make();
      this.#shared.set(key, name);
      this.#settled.add(name);
    }
    return name;
  }

  /** A 1-d int64 initialiser: axes, bounds, fixed shapes. */
  int64(values: readonly number[]): string {
    const key = `int64_${values.join("_")}`;
    return this.shared(key, () => {
      const name = this.claim(key.length > 40 ? "int64" : key);
      this.initializers.push(int64Proto(name, values));
      return name;
    });
  }

  /** A 0-d initialiser. */
  scalar(value: number, dtype: DType): string {
    const text = Object.is(value, -0) ? "-0" : String(value);
    const key = `${dtype}_${text}`;
    return this.shared(key, () => this.initializer(key, allocate(dtype, 1).fill(value), [], dtype));
  }

  /** A tensor of one value: an initialiser while small and of fixed size, else a node. */
  filled(value: number, { shape, dtype, sizes = shape }: Meta & Partial<Sized>): string {
    const size = sizeOf(shape);
    if (!allFixed(sizes) || size > largestFilledInitializer) {
      const one = tensorProto("", allocate(dtype, 1).fill(value), [1], dtype);
      return this.node("ConstantOfShape", [this.shape(sizes)], [tensor("value", one)]);
    }
    if (shape.length === 0) return this.scalar(value, dtype);
    const key = `${dtype}_${Object.is(value, -0) ? "-0" : value}_${shape.join("x")}`;
    return this.shared(key, () => this.initializer(key, allocate(dtype, size).fill(value), shape, dtype));
  }

  /** Gives a tensor a second name, which the caller has reserved. */
  identity(x: string, name: string): void {
    this.nodes.push(
      create(NodeProtoSchema, { name: this.claim(`${name}/Identity`), opType: "Identity", input: [x], output: [name] }),
    );
  }

  /** To a fixed shape; 0 keeps a size, -1 is worked out. */
  reshape(x: string, shape: Shape): string {
    return this.node("Reshape", [x, this.int64(shape)]);
  }

  reshapeTo({ name, sizes }: { readonly name: string; readonly sizes: readonly Size[] }, to: readonly Size[]): string {
    return this.node("Reshape", [name, this.shape(reshapeTarget(sizes, to))]);
  }

  /** Drops axes of size 1. */
  squeeze(x: string, axes: readonly number[]): string {
    return this.node("Squeeze", [x, this.int64(axes)]);
  }

  /** Adds axes of size 1, counted in the result. */
  unsqueeze(x: string, axes: readonly number[]): string {
    return this.node("Unsqueeze", [x, this.int64(axes)]);
  }

  /** A 1-d int64 tensor of sizes: an initialiser where all are fixed, else nodes of the main graph, made once. */
  shape(sizes: readonly Size[]): string {
    const main = this.#main;
    const fixed = sizes.map(fixedSize);
    if (fixed.every((size) => size !== null)) return main.int64(fixed);
    if (sizes.length === 1) return this.size(sizes[0]);
    const text = sizes.map(formatSize).join(", ");
    return main.#sharedSize(`[${text}]`, () => {
      const parts: string[] = [];
      let run: number[] = [];
      sizes.forEach((size, i) => {
        const number = fixed[i];
        if (number !== null) run.push(number);
        else {
          if (run.length > 0) parts.push(main.int64(run));
          run = [];
          parts.push(main.size(size));
        }
      });
      if (run.length > 0) parts.push(main.int64(run));
      return main.concat(parts, 0);
    });
  }

  /** A size as an int64 tensor [1], of the main graph. */
  size(size: Size): string {
    const main = this.#main;
    const fixed = fixedSize(size);
    if (fixed !== null) return main.int64([fixed]);
    return main.#sharedSize(formatSize(size), () => computeSize(main, size, main.#places, (part) => main.size(part)));
  }

  /** A size as a 0-d tensor. */
  sizeScalar(size: Size, dtype: DType): string {
    const fixed = fixedSize(size);
    if (fixed !== null) return this.scalar(fixed, dtype);
    return this.#main.#sharedSize(`${formatSize(size)} as ${dtype}`, () =>
      this.#main.cast(this.#main.squeeze(this.#main.size(size), [0]), dtype),
    );
  }

  #sharedSize(text: string, make: () => string): string {
    return this.shared(`size ${text}`, () => {
      const before = this.scope;
      this.scope = `size:${text}`.replaceAll(" ", "");
      const name = make();
      this.scope = before;
      return name;
    });
  }

  concat(parts: readonly string[], axis: number): string {
    return parts.length === 1 ? parts[0] : this.node("Concat", parts, [int("axis", axis)]);
  }

  cast(x: string, dtype: DType): string {
    return this.node("Cast", [x], [int("to", elementTypes[dtype])]);
  }
}

const largestFilledInitializer = 64;

function trimmed(names: readonly string[]): string[] {
  let length = names.length;
  while (length > 0 && names[length - 1] === "") length--;
  return names.slice(0, length);
}
