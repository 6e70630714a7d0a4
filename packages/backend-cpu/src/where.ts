import { type Call, sizeOf, type TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { planWalk } from "./broadcast.js";

export function where(
  inputs: readonly [TypedArray, TypedArray, TypedArray],
  call: Call<"where">,
): readonly [TypedArray] {
  const [condition, a, b] = inputs;
  const { shape, dtype } = call.out[0];
  const n = sizeOf(shape);
  const out = allocate(dtype, n);
  if (n === 0) return [out];
  const wholeOrOne =
    (condition.length === n || condition.length === 1) &&
    (a.length === n || a.length === 1) &&
    (b.length === n || b.length === 1);
  if (wholeOrOne) {
    select(
      condition,
      0,
      condition.length === 1 ? 0 : 1,
      a,
      0,
      a.length === 1 ? 0 : 1,
      b,
      0,
      b.length === 1 ? 0 : 1,
      out,
      0,
      n,
    );
    return [out];
  }
  const walk = planWalk(shape, call.in[1].shape, call.in[2].shape, call.in[0].shape);
  const { rank, sizes, a: stepsA, b: stepsB, c: stepsC, index } = walk;
  const run = sizes[0];
  let ic = 0;
  let ia = 0;
  let ib = 0;
  for (let io = 0; io < n; io += run) {
    select(condition, ic, stepsC[0], a, ia, stepsA[0], b, ib, stepsB[0], out, io, run);
    for (let d = 1; d < rank; d++) {
      ic += stepsC[d];
      ia += stepsA[d];
      ib += stepsB[d];
      if (++index[d] < sizes[d]) break;
      ic -= stepsC[d] * sizes[d];
      ia -= stepsA[d] * sizes[d];
      ib -= stepsB[d] * sizes[d];
      index[d] = 0;
    }
  }
  return [out];
}

function select(
  c: TypedArray,
  ic: number,
  sc: number,
  a: TypedArray,
  ia: number,
  sa: number,
  b: TypedArray,
  ib: number,
  sb: number,
  out: TypedArray,
  io: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    out[io + i] = c[ic] !== 0 ? a[ia] : b[ib];
    ic += sc;
    ia += sa;
    ib += sb;
  }
}
