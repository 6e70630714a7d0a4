import { create } from "@bufbuild/protobuf";
import { allocate, type DType, type Meta, type Shape, sizeOf, type TypedArray } from "@unrolled/backend";
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

/** A tensor as a lowering sees it. Reading `name` of a constant puts it into the file. */
export interface Operand extends Meta {
  readonly name: string;
  /** The elements, where they are known at export. */
  readonly constant: TypedArray | null;
}

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

  constructor(opset: number, reserved: Iterable<string>, around?: ModelBuilder) {
    this.opset = opset;
    this.initializers = around ? around.initializers : [];
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
    if (!own.some((node) => node.output.includes(result))) return result;
    const name = this.claim(wanted);
    const replace = (list: string[]): string[] => list.map((other) => (other === result ? name : other));
    for (const node of own) {
      node.input = replace(node.input);
      node.output = replace(node.output);
    }
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
    }
    return name;
  }

  /** A 1-d int64 initialiser: shapes, axes, bounds. */
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

  /** A tensor of one value: an initialiser while small, else a node. */
  filled(value: number, { shape, dtype }: Meta): string {
    const size = sizeOf(shape);
    if (size > largestFilledInitializer) {
      const one = tensorProto("", allocate(dtype, 1).fill(value), [1], dtype);
      return this.node("ConstantOfShape", [this.int64(shape)], [tensor("value", one)]);
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

  reshape(x: string, shape: Shape): string {
    return this.node("Reshape", [x, this.int64(shape)]);
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
