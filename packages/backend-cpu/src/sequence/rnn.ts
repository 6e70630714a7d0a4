import type { Call, FusedKernel, In, Out, TypedArray, Wanted } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import { converted } from "../creation.js";
import { fusedKernel, type GradientsOf } from "../fused-kernel.js";
import { gemmPacked, matrix } from "../gemm.js";
import {
  biasGradient,
  combinedBias,
  inputGradient,
  packRecurrent,
  packRecurrentBack,
  previousStates,
  projectInput,
  runningGradient,
  sequenceEnds,
  sizesOf,
  weightGradient,
} from "./shared.js";

type K = "rnnSequence";

/** Both nonlinearities have derivatives in terms of their results, so the outputs are all that backward needs. */
const NOTHING: object = Object.freeze({});

function forward(
  inputs: In<K, TypedArray>,
  call: Call<K>,
  save: boolean,
): { out: Out<K, TypedArray>; reserve?: object } {
  const [x, h0, wIh, wHh, bIh, bHh, lengths] = inputs;
  const sizes = sizesOf(call.in[0], call.in[1]);
  const { T, B, H, dtype } = sizes;
  const { nonlinearity, reverse } = call.attrs;
  const ends = sequenceEnds("rnnSequence", lengths, sizes);
  const sums = projectInput(x, wIh, combinedBias(bIh, bHh, H, H), H, sizes);
  const recurrent = packRecurrent(wHh, 0, H, sizes);
  const y = allocate(dtype, T * B * H);
  const h = converted(h0, dtype);
  const state = matrix(h, 0, H, 1);
  const now = matrix(sums, 0, H, 1);
  const relu = nonlinearity === "relu";
  for (let step = 0; step < T; step++) {
    const t = reverse ? T - 1 - step : step;
    now.start = t * B * H;
    gemmPacked(B, state, recurrent, now, true);
    for (let b = 0; b < B; b++) {
      if (t >= ends[b]) continue;
      const row = (t * B + b) * H;
      for (let j = 0; j < H; j++) {
        const s = sums[row + j];
        const value = relu ? Math.max(s, 0) : Math.tanh(s);
        h[b * H + j] = value;
        y[row + j] = value;
      }
    }
  }
  return save ? { out: [y, h], reserve: NOTHING } : { out: [y, h] };
}

function backward(
  cotangents: readonly [y: TypedArray | null, h: TypedArray | null],
  inputs: In<K, TypedArray>,
  outputs: Out<K, TypedArray>,
  _reserve: object,
  call: Call<K>,
  wanted: Wanted<K>,
): GradientsOf<K> {
  const [x, h0, wIh, wHh, bIh, bHh, lengths] = inputs;
  const [dy, dhLast] = cotangents;
  const y = outputs[0];
  const sizes = sizesOf(call.in[0], call.in[1]);
  const { T, B, I, H, dtype } = sizes;
  const { nonlinearity, reverse } = call.attrs;
  const ends = sequenceEnds("rnnSequence", lengths, sizes);
  const back = packRecurrentBack(wHh, 0, H, sizes);
  const dSums = allocate(dtype, T * B * H);
  const dh = runningGradient(dhLast, B * H);
  const dState = matrix(dh, 0, H, 1);
  const now = matrix(dSums, 0, H, 1);
  const relu = nonlinearity === "relu";
  for (let step = T - 1; step >= 0; step--) {
    const t = reverse ? T - 1 - step : step;
    for (let b = 0; b < B; b++) {
      if (t >= ends[b]) continue;
      const row = (t * B + b) * H;
      for (let j = 0; j < H; j++) {
        const k = b * H + j;
        const value = y[row + j];
        const d = dh[k] + (dy ? dy[row + j] : 0);
        dSums[row + j] = relu ? (value > 0 ? d : 0) : d * (1 - value * value);
        dh[k] = 0;
      }
    }
    now.start = t * B * H;
    gemmPacked(B, now, back, dState, true);
  }

  const rows = T * B;
  const gates = matrix(dSums, 0, H, 1);
  let dWIh: TypedArray | null = null;
  if (wanted[2]) {
    dWIh = allocate(dtype, H * I);
    weightGradient(gates, H, x, I, rows, dWIh, 0);
  }
  let dWHh: TypedArray | null = null;
  if (wanted[3]) {
    dWHh = allocate(dtype, H * H);
    weightGradient(gates, H, previousStates(y, h0, ends, reverse, sizes), H, rows, dWHh, 0);
  }
  return [
    wanted[0] ? inputGradient(dSums, wIh, H, sizes) : null,
    wanted[1] ? converted(dh, dtype) : null,
    dWIh,
    dWHh,
    wanted[4] && bIh ? biasGradient(dSums, rows, H, dtype) : null,
    wanted[5] && bHh ? biasGradient(dSums, rows, H, dtype) : null,
    null,
  ];
}

/** Elman layer: h' = f(x w_ih^T + b_ih + h w_hh^T + b_hh), f = tanh or relu. */
export const rnnSequence: FusedKernel<K, TypedArray, object> = fusedKernel({ forward, backward });
