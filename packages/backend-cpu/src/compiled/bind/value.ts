import { bytesPerElement, type DType, type Meta, type Shape, sizeOf, type TypedArray } from "@unrolled/backend";

/** A tensor of a graph whose sizes are all numbers. It lies in the memory of its root, `offset` bytes behind the root's start. */
export class Value implements Meta {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly length: number;
  readonly bytes: number;
  /** The elements, where they are known before any run. */
  readonly data: TypedArray | null;
  readonly root: Value;
  readonly offset: number;

  private constructor({ shape, dtype }: Meta, data: TypedArray | null, base: Value | null, offset: number) {
    this.shape = shape;
    this.dtype = dtype;
    this.length = sizeOf(shape);
    this.bytes = this.length * bytesPerElement(dtype);
    this.data = data;
    this.root = base?.root ?? this;
    this.offset = base === null ? 0 : base.offset + offset;
  }

  static made(meta: Meta): Value {
    return new Value(meta, null, null, 0);
  }

  static constant(meta: Meta, data: TypedArray): Value {
    return new Value(meta, data, null, 0);
  }

  /** The same memory, or a run of it, under another shape. */
  static within(base: Value, meta: Meta, offset: number = 0): Value {
    return new Value(meta, null, base, offset);
  }

  /** Working space of float32 without a meaning outside of one kernel. */
  static scratch(length: number): Value {
    return Value.made({ shape: [length], dtype: "float32" });
  }

  /** The number that all elements are; null where they differ or are not known. */
  get uniform(): number | null {
    const { data } = this;
    if (data === null || data.length === 0) return null;
    const [first] = data;
    for (let i = 1; i < data.length; i++) if (!Object.is(data[i], first)) return null;
    return first;
  }
}
