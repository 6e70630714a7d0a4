import type { Call, TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { sizeBetween } from "./arrays.js";
import { planWalk } from "./broadcast.js";
import { gemm, matrix } from "./gemm.js";

export function matmul(inputs: readonly [TypedArray, TypedArray], call: Call<"matmul">): readonly [TypedArray] {
  const [a, b] = inputs;
  const { transA, transB } = call.attrs;
  const { shape, dtype } = call.out[0];
  const rank = shape.length;
  const shapeA = call.in[0].shape;
  const shapeB = call.in[1].shape;
  const m = shape[rank - 2];
  const n = shape[rank - 1];
  const k = shapeA[transA ? shapeA.length - 2 : shapeA.length - 1];
  const batch = sizeBetween(shape, 0, rank - 2);
  const out = allocate(dtype, batch * m * n);
  if (out.length === 0 || k === 0) return [out];

  const matrixA = matrix(a, 0, transA ? 1 : k, transA ? m : 1);
  const matrixB = matrix(b, 0, transB ? 1 : n, transB ? k : 1);
  const matrixOut = matrix(out, 0, n, 1);
  if (batch === 1) {
    gemm(m, n, k, matrixA, matrixB, matrixOut, false);
    return [out];
  }
  if (b.length === k * n && !transA && a.length === batch * m * k) {
    gemm(batch * m, n, k, matrixA, matrixB, matrixOut, false);
    return [out];
  }
  const {
    rank: outer,
    sizes,
    a: stepsA,
    b: stepsB,
    index,
  } = planWalk(shape.slice(0, -2), shapeA.slice(0, -2), shapeB.slice(0, -2));
  for (let i = 0; i < batch; i++) {
    matrixOut.start = i * m * n;
    gemm(m, n, k, matrixA, matrixB, matrixOut, false);
    for (let d = 0; d < outer; d++) {
      matrixA.start += stepsA[d] * m * k;
      matrixB.start += stepsB[d] * k * n;
      if (++index[d] < sizes[d]) break;
      matrixA.start -= stepsA[d] * sizes[d] * m * k;
      matrixB.start -= stepsB[d] * sizes[d] * k * n;
      index[d] = 0;
    }
  }
  return [out];
}
