import {
  type Attrs,
  allocate,
  type Backend,
  type Call,
  type DType,
  type In,
  type Meta,
  type PrimitiveOp,
  type Shape,
  type TypedArray,
  table,
} from "@unrolled/backend";
import { expect } from "vitest";

export interface Host extends Meta {
  readonly data: TypedArray;
}

export function host(values: ArrayLike<number>, shape: Shape = [values.length], dtype: DType = "float32"): Host {
  const data = allocate(dtype, values.length);
  data.set(values);
  return { data, shape, dtype };
}

/** Runs one primitive, frees all, and checks that nothing is left over and that the inputs stayed. */
export function run<K extends PrimitiveOp>(
  backend: Backend,
  op: K,
  inputs: readonly Host[],
  attrs: Attrs<K>,
): { readonly values: number[]; readonly meta: Meta } {
  const before = backend.memory();
  const call = {
    attrs,
    in: inputs,
    out: table[op].infer(inputs as unknown as In<K, Meta>, attrs),
  } as unknown as Call<K>;
  const meta = (call.out as readonly Meta[])[0];
  const handles = inputs.map((x) => backend.upload(x.data, x.shape, x.dtype));
  const [out] = backend.kernels[op](handles as unknown as In<K, object>, call) as readonly object[];
  inputs.forEach((x, i) => {
    expect(backend.readSync?.(handles[i], x)).toEqual(x.data);
    backend.free(handles[i]);
  });
  const data = backend.readSync?.(out, meta) as TypedArray;
  expect(data.constructor).toBe(allocate(meta.dtype, 0).constructor);
  backend.free(out);
  expect(backend.memory()).toEqual(before);
  return { values: Array.from(data), meta };
}

/** Holds each value against the expected one: equal, or within `tolerance` (absolute and relative). */
export function expectValues(actual: readonly number[], expected: ArrayLike<number>, tolerance = 0): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    const wanted = expected[i];
    const same = Object.is(value + 0, wanted + 0) || Math.abs(value - wanted) <= tolerance * (1 + Math.abs(wanted));
    if (!same) expect.fail(`element ${i}: ${value}, expected ${wanted}`);
  });
}

/** Numbers that look random and are the same every time. */
export function noise(count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
