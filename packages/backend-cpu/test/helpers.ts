import {
  type Attrs,
  allocate,
  type DType,
  type Meta,
  type Op,
  type PrimitiveOp,
  type Shape,
  sizeOf,
  type TypedArray,
  table,
} from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";

export interface Tensor {
  readonly data: TypedArray;
  readonly meta: Meta;
}

export function tensor(values: ArrayLike<number>, shape: Shape, dtype: DType = "float64"): Tensor {
  const data = allocate(dtype, values.length);
  data.set(values);
  return { data: cpu().upload(data, shape, dtype), meta: { shape, dtype } };
}

/** Reproducible numbers in (-1, 1). */
export function numbers(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

export function random(next: () => number, shape: Shape, dtype: DType = "float64"): Tensor {
  return tensor(Array.from({ length: sizeOf(shape) }, next), shape, dtype);
}

/** Infers the outputs by the op table, then runs the kernel. */
export function run<K extends PrimitiveOp>(op: K, inputs: readonly Tensor[], attrs: Attrs<K>): Tensor {
  const metas = inputs.map((x) => x.meta);
  const infer = table[op].infer as (inputs: readonly Meta[], attrs: Attrs<Op>) => readonly [Meta];
  const kernel = cpu().kernels[op] as (
    buffers: readonly TypedArray[],
    call: { attrs: Attrs<Op>; in: readonly Meta[]; out: readonly [Meta] },
  ) => readonly [TypedArray];
  const out = infer(metas, attrs);
  const [data] = kernel(
    inputs.map((x) => x.data),
    { attrs, in: metas, out },
  );
  return { data, meta: out[0] };
}
