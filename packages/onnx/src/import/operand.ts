import { allocate, type DType, type GraphValue, type Meta, type Shape, type TypedArray } from "@unrolled/backend";

/** Element types of the file. int64 is read as host integers, and is int32 in the graph. */
export type ElementType = DType | "int64";

/** Elements known at import. int64 stands in a Float64Array, exact to 2^53. */
export interface HostConstant {
  readonly shape: Shape;
  readonly type: ElementType;
  readonly data: TypedArray;
}

/** What the model learns, out of its file: a tensor as the file has it, or one in the layout of a layer here. */
export interface Weight extends HostConstant {
  readonly name: string;
}

/** Raised where a node is well formed but has no counterpart in the graph. Collected over all nodes. */
export class CannotImport extends Error {}

export function graphDType(type: ElementType): DType {
  return type === "int64" ? "int32" : type;
}

export function allocateElements(type: ElementType, length: number): TypedArray {
  return type === "int64" ? new Float64Array(length) : allocate(type, length);
}

/** A tensor of the file: elements known at import, or a value of the graph. Reading `value` of a constant puts it into the graph. */
export class Operand implements Meta {
  readonly shape: Shape;
  readonly type: ElementType;
  readonly constant: HostConstant | null;
  /** The value of every element, where it was made so. */
  readonly fill: number | null;
  readonly #make: () => GraphValue;
  #value: GraphValue | null = null;

  constructor(
    shape: Shape,
    type: ElementType,
    constant: HostConstant | null,
    make: () => GraphValue,
    fill: number | null = null,
  ) {
    this.shape = shape;
    this.type = type;
    this.constant = constant;
    this.fill = fill;
    this.#make = make;
  }

  get dtype(): DType {
    return graphDType(this.type);
  }

  get value(): GraphValue {
    this.#value ??= this.#make();
    return this.#value;
  }
}

/** The constant's elements as the graph holds them. */
export function narrowed({ type, data }: HostConstant): TypedArray {
  if (type !== "int64") return data;
  const wide = data.find((value) => value !== (value | 0));
  if (wide !== undefined) throw new CannotImport(`the int64 constant ${wide} does not fit int32`);
  return Int32Array.from(data);
}
