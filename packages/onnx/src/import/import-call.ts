import { FormatError, normalizeAxis } from "@unrolled/backend";
import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import type { Assembler } from "./assembler.js";
import { CannotImport, type HostConstant, type Operand } from "./operand.js";
import { readTensor } from "./read-tensor.js";
import type { NodeWeights } from "./weights/plan.js";

/** What a node stands in. */
export interface ImportContext {
  readonly b: Assembler;
  readonly opset: number;
  /** The weights of the node, where they are the module's own and in its own layout. */
  readonly weights: NodeWeights | null;
  /** Reads the tensor of an attribute; as a weight, where it is one. */
  readonly importTensor: (tensor: TensorProto, where: string) => Operand;
  /** Imports a sub-graph on these inputs; null where it holds nodes without a counterpart. */
  readonly importBody: (graph: GraphProto, inputs: readonly Operand[], where: string) => readonly Operand[] | null;
}

/** One ONNX node to import: its inputs, and its attributes, each of which must be read by someone. */
export class ImportCall {
  readonly b: Assembler;
  readonly opset: number;
  readonly context: ImportContext;
  readonly inputs: readonly (Operand | null)[];
  readonly outputs: readonly string[];
  readonly where: string;
  readonly #attributes = new Map<string, AttributeProto>();
  readonly #read = new Set<string>();

  constructor(context: ImportContext, node: NodeProto, where: string, inputs: readonly (Operand | null)[]) {
    this.b = context.b;
    this.opset = context.opset;
    this.context = context;
    this.inputs = inputs;
    this.outputs = node.output;
    this.where = where;
    for (const attribute of node.attribute) {
      if (this.#attributes.has(attribute.name))
        throw this.broken(`has attribute ${attribute.name} twice`, "give it once");
      if (attribute.refAttrName !== "")
        throw this.broken("refers to an attribute of a function", "inline the function");
      this.#attributes.set(attribute.name, attribute);
    }
  }

  broken(problem: string, remedy: string): FormatError {
    return new FormatError("onnxToGraph", `${this.where} ${problem}`, remedy);
  }

  get unread(): string[] {
    return [...this.#attributes.keys()].filter((name) => !this.#read.has(name));
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  /** A required input. */
  in(index: number): Operand {
    const x = this.inputs[index];
    if (!x) throw this.broken(`has no input ${index}`, "the operator requires it");
    return x;
  }

  optional(index: number): Operand | null {
    return this.inputs[index] ?? null;
  }

  /** An input whose elements must be known before the run. */
  known(index: number, what: string): HostConstant {
    const { constant } = this.in(index);
    if (!constant)
      throw new CannotImport(`${what} depends on the input's numbers; shapes must be known before the run`);
    return constant;
  }

  /** A host list of integers: shapes, axes, bounds. */
  integers(index: number, what: string): number[] {
    const { type, data } = this.known(index, what);
    if (type !== "int64" && type !== "int32") throw this.broken(`has ${what} of type ${type}`, "use int64");
    return Array.from(data);
  }

  /** Axes from the attribute in older opsets, from an input in newer ones; null where absent. */
  axes(input: number): number[] | null {
    if (this.has("axes")) return this.ints("axes", []);
    return this.optional(input) ? this.integers(input, "axes") : null;
  }

  axis(fallback: number | null, rank: number): number {
    if (fallback === null && !this.has("axis")) throw this.broken("has no axis", "give the attribute axis");
    return normalizeAxis(this.where, this.int("axis", fallback ?? 0), rank);
  }

  flag(name: string, fallback: boolean): boolean {
    return this.int(name, fallback ? 1 : 0) !== 0;
  }

  int(name: string, fallback: number): number {
    const attribute = this.#take(name, AttributeType.INT);
    return attribute ? this.#integer(name, attribute.i) : fallback;
  }

  ints(name: string, fallback: readonly number[]): number[] {
    const attribute = this.#take(name, AttributeType.INTS);
    return attribute ? attribute.ints.map((value) => this.#integer(name, value)) : [...fallback];
  }

  float(name: string, fallback: number): number {
    return this.#take(name, AttributeType.FLOAT)?.f ?? fallback;
  }

  floats(name: string): number[] {
    return this.#take(name, AttributeType.FLOATS)?.floats ?? [];
  }

  string(name: string, fallback: string): string {
    const attribute = this.#take(name, AttributeType.STRING);
    return attribute ? new TextDecoder().decode(attribute.s) : fallback;
  }

  strings(name: string): string[] {
    return this.#take(name, AttributeType.STRINGS)?.strings.map((s) => new TextDecoder().decode(s)) ?? [];
  }

  tensor(name: string): HostConstant | null {
    const attribute = this.#take(name, AttributeType.TENSOR);
    if (!attribute) return null;
    if (!attribute.t) throw this.broken(`has an attribute ${name} without its tensor`, "give a tensor");
    return readTensor(attribute.t, `${this.where}, attribute ${name}`);
  }

  /** A tensor attribute as an operand. */
  operand(name: string): Operand | null {
    const attribute = this.#take(name, AttributeType.TENSOR);
    if (!attribute) return null;
    if (!attribute.t) throw this.broken(`has an attribute ${name} without its tensor`, "give a tensor");
    return this.context.importTensor(attribute.t, `${this.where}, attribute ${name}`);
  }

  graph(name: string): GraphProto {
    const attribute = this.#take(name, AttributeType.GRAPH);
    if (!attribute?.g) throw this.broken(`has no graph ${name}`, "the operator requires it");
    return attribute.g;
  }

  #integer(name: string, value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw this.broken(`has ${name} = ${value}`, "use a number below 2^53");
    return number;
  }

  #take(name: string, type: AttributeType): AttributeProto | undefined {
    this.#read.add(name);
    const attribute = this.#attributes.get(name);
    if (attribute && attribute.type !== type) {
      const got = AttributeType[attribute.type] ?? `number ${attribute.type}`;
      throw this.broken(`has attribute ${name} of type ${got}`, `it must be ${AttributeType[type]}`);
    }
    return attribute;
  }
}

/** How one ONNX operator is said in ops of the table. `inputs`: how many it takes, at least and at most. */
export interface Importer {
  readonly inputs: readonly [least: number, most: number];
  /** Its outputs; null where a part of it has no counterpart, of which the list already tells. */
  readonly build: (call: ImportCall) => readonly Operand[] | null;
}

export type Importers = Readonly<Record<string, Importer>>;
