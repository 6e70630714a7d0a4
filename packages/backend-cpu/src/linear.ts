import type { Call, FusedKernel, In, TypedArray, Wanted } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { fusedKernel, type GradientsOf } from "./fused-kernel.js";
import { gemm, matrix } from "./gemm.js";
import { sumColumns } from "./reductions.js";

type K = "linear";

const NOTHING: object = Object.freeze({});

function forward(
  inputs: In<K, TypedArray>,
  call: Call<K>,
  save: boolean,
): { out: readonly [TypedArray]; reserve?: object } {
  const [x, weight, bias] = inputs;
  const { rows, I, O } = sizesOf(call);
  const out = allocate(call.out[0].dtype, rows * O);
  if (bias) for (let r = 0; r < rows; r++) for (let j = 0; j < O; j++) out[r * O + j] = bias[j];
  gemm(rows, O, I, matrix(x, 0, I, 1), matrix(weight, 0, 1, I), matrix(out, 0, O, 1), bias !== null);
  return save ? { out: [out], reserve: NOTHING } : { out: [out] };
}

function backward(
  cotangents: readonly [TypedArray | null],
  inputs: In<K, TypedArray>,
  _outputs: readonly [TypedArray],
  _reserve: object,
  call: Call<K>,
  wanted: Wanted<K>,
): GradientsOf<K> {
  const [x, weight, bias] = inputs;
  const { rows, I, O } = sizesOf(call);
  const { dtype } = call.out[0];
  const dy = cotangents[0];
  const dx = wanted[0] ? allocate(dtype, rows * I) : null;
  const dWeight = wanted[1] ? allocate(dtype, O * I) : null;
  const dBias = wanted[2] && bias ? allocate(dtype, O) : null;
  if (dy) {
    if (dx) gemm(rows, I, O, matrix(dy, 0, O, 1), matrix(weight, 0, I, 1), matrix(dx, 0, I, 1), false);
    if (dWeight) gemm(O, I, rows, matrix(dy, 0, 1, O), matrix(x, 0, I, 1), matrix(dWeight, 0, I, 1), false);
    if (dBias) sumColumns(dy, 0, rows, O, dBias, 0);
  }
  return [dx, dWeight, dBias];
}

function sizesOf(call: Call<K>): { rows: number; I: number; O: number } {
  const { shape } = call.in[0];
  const [O, I] = call.in[1].shape;
  let rows = 1;
  for (let i = 0; i < shape.length - 1; i++) rows *= shape[i];
  return { rows, I, O };
}

/** x weight^T + bias. Backward needs only the inputs. */
export const linear: FusedKernel<K, TypedArray, object> = fusedKernel({ forward, backward });
