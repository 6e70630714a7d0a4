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

type K = "gruSequence";

interface Reserve {
  /** Activated gates r, z, n of every step: [T, B, 3H]. */
  readonly gates: TypedArray;
  /** Reset after: the recurrent product of n with its bias, which r multiplies, [T, B, H]. Else empty. */
  readonly candidates: TypedArray;
}

function forward(
  inputs: In<K, TypedArray>,
  call: Call<K>,
  save: boolean,
): { out: Out<K, TypedArray>; reserve?: Reserve } {
  const [x, h0, wIh, wHh, bIh, bHh, lengths] = inputs;
  const sizes = sizesOf(call.in[0], call.in[1]);
  const { T, B, H, dtype } = sizes;
  const { resetAfter, reverse } = call.attrs;
  const ends = sequenceEnds("gruSequence", lengths, sizes);
  // The recurrent bias of n stays apart where r multiplies it.
  const gates = projectInput(x, wIh, combinedBias(bIh, bHh, 3 * H, resetAfter ? 2 * H : 3 * H), 3 * H, sizes);
  const recurrentRZ = packRecurrent(wHh, 0, 2 * H, sizes);
  const recurrentN = packRecurrent(wHh, 2 * H, H, sizes);
  const candidates = allocate(dtype, resetAfter ? (save ? T : 1) * B * H : 0);
  const resetState = allocate(dtype, resetAfter ? 0 : B * H);
  const y = allocate(dtype, T * B * H);
  const h = converted(h0, dtype);
  const state = matrix(h, 0, H, 1);
  const reset = matrix(resetState, 0, H, 1);
  const candidate = matrix(candidates, 0, H, 1);
  const sumsRZ = matrix(gates, 0, 3 * H, 1);
  const sumsN = matrix(gates, 0, 3 * H, 1);
  for (let step = 0; step < T; step++) {
    const t = reverse ? T - 1 - step : step;
    sumsRZ.start = t * B * 3 * H;
    gemmPacked(B, state, recurrentRZ, sumsRZ, true);
    if (resetAfter) {
      candidate.start = save ? t * B * H : 0;
      gemmPacked(B, state, recurrentN, candidate, false);
    }
    for (let b = 0; b < B; b++) {
      if (t >= ends[b]) continue;
      for (let j = 0; j < H; j++) {
        const at = (t * B + b) * 3 * H + j;
        const r = 1 / (1 + Math.exp(-gates[at]));
        gates[at] = r;
        gates[at + H] = 1 / (1 + Math.exp(-gates[at + H]));
        if (resetAfter) {
          const k = candidate.start + b * H + j;
          const value = candidates[k] + (bHh ? bHh[2 * H + j] : 0);
          candidates[k] = value;
          gates[at + 2 * H] += r * value;
        } else {
          resetState[b * H + j] = r * h[b * H + j];
        }
      }
    }
    if (!resetAfter) {
      sumsN.start = t * B * 3 * H + 2 * H;
      gemmPacked(B, reset, recurrentN, sumsN, true);
    }
    for (let b = 0; b < B; b++) {
      if (t >= ends[b]) continue;
      const row = (t * B + b) * H;
      for (let j = 0; j < H; j++) {
        const at = (t * B + b) * 3 * H + j;
        const z = gates[at + H];
        const n = Math.tanh(gates[at + 2 * H]);
        gates[at + 2 * H] = n;
        const hidden = (1 - z) * n + z * h[b * H + j];
        h[b * H + j] = hidden;
        y[row + j] = hidden;
      }
    }
  }
  return save ? { out: [y, h], reserve: { gates, candidates } } : { out: [y, h] };
}

function backward(
  cotangents: readonly [y: TypedArray | null, h: TypedArray | null],
  inputs: In<K, TypedArray>,
  outputs: Out<K, TypedArray>,
  reserve: Reserve,
  call: Call<K>,
  wanted: Wanted<K>,
): GradientsOf<K> {
  const [x, h0, wIh, wHh, bIh, bHh, lengths] = inputs;
  const [dy, dhLast] = cotangents;
  const { gates, candidates } = reserve;
  const sizes = sizesOf(call.in[0], call.in[1]);
  const { T, B, I, H, dtype } = sizes;
  const { resetAfter, reverse } = call.attrs;
  const ends = sequenceEnds("gruSequence", lengths, sizes);
  const before = previousStates(outputs[0], h0, ends, reverse, sizes);
  const columns = 3 * H;
  const rows = T * B;
  const backRZ = packRecurrentBack(wHh, 0, 2 * H, sizes);
  const backN = packRecurrentBack(wHh, 2 * H, H, sizes);
  /** Gradients of the gate sums; and of what the recurrent product of n gives, which r scales where reset is after. */
  const dGates = allocate(dtype, rows * columns);
  const dCandidates = allocate(dtype, resetAfter ? rows * H : 0);
  const dReset = new Float64Array(resetAfter ? 0 : B * H);
  const dh = runningGradient(dhLast, B * H);
  const dState = matrix(dh, 0, H, 1);
  const dResetState = matrix(dReset, 0, H, 1);
  const sumsRZ = matrix(dGates, 0, columns, 1);
  const sumsN = resetAfter ? matrix(dCandidates, 0, H, 1) : matrix(dGates, 0, columns, 1);
  for (let step = T - 1; step >= 0; step--) {
    const t = reverse ? T - 1 - step : step;
    for (let b = 0; b < B; b++) {
      if (t >= ends[b]) continue;
      const row = (t * B + b) * H;
      for (let j = 0; j < H; j++) {
        const at = (t * B + b) * columns + j;
        const k = b * H + j;
        const r = gates[at];
        const z = gates[at + H];
        const n = gates[at + 2 * H];
        const d = dh[k] + (dy ? dy[row + j] : 0);
        const dN = d * (1 - z) * (1 - n * n);
        dGates[at + H] = d * (before[row + j] - n) * z * (1 - z);
        dGates[at + 2 * H] = dN;
        dh[k] = d * z;
        if (resetAfter) {
          dGates[at] = dN * candidates[row + j] * r * (1 - r);
          dCandidates[row + j] = dN * r;
        }
      }
    }
    if (resetAfter) {
      sumsN.start = t * B * H;
      gemmPacked(B, sumsN, backN, dState, true);
    } else {
      sumsN.start = t * B * columns + 2 * H;
      gemmPacked(B, sumsN, backN, dResetState, false);
      for (let b = 0; b < B; b++) {
        if (t >= ends[b]) continue;
        for (let j = 0; j < H; j++) {
          const at = (t * B + b) * columns + j;
          const k = b * H + j;
          const r = gates[at];
          dGates[at] = dReset[k] * before[(t * B + b) * H + j] * r * (1 - r);
          dh[k] += dReset[k] * r;
        }
      }
    }
    sumsRZ.start = t * B * columns;
    gemmPacked(B, sumsRZ, backRZ, dState, true);
  }

  let dWIh: TypedArray | null = null;
  if (wanted[2]) {
    dWIh = allocate(dtype, columns * I);
    weightGradient(matrix(dGates, 0, columns, 1), columns, x, I, rows, dWIh, 0);
  }
  let dWHh: TypedArray | null = null;
  if (wanted[3]) {
    dWHh = allocate(dtype, columns * H);
    weightGradient(matrix(dGates, 0, columns, 1), 2 * H, before, H, rows, dWHh, 0);
    const dN = resetAfter ? matrix(dCandidates, 0, H, 1) : matrix(dGates, 2 * H, columns, 1);
    const right = resetAfter ? before : resetStates(gates, before, rows, H, call);
    weightGradient(dN, H, right, H, rows, dWHh, 2 * H * H);
  }
  let dBHh: TypedArray | null = null;
  if (wanted[5] && bHh) {
    dBHh = biasGradient(dGates, rows, columns, dtype);
    if (resetAfter) dBHh.set(biasGradient(dCandidates, rows, H, dtype), 2 * H);
  }
  return [
    wanted[0] ? inputGradient(dGates, wIh, columns, sizes) : null,
    wanted[1] ? converted(dh, dtype) : null,
    dWIh,
    dWHh,
    wanted[4] && bIh ? biasGradient(dGates, rows, columns, dtype) : null,
    dBHh,
    null,
  ];
}

/** r h for every step, the left operand of n's recurrent product where reset is before. */
function resetStates(gates: TypedArray, before: TypedArray, rows: number, H: number, call: Call<K>): TypedArray {
  const out = allocate(call.in[0].dtype, rows * H);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < H; j++) out[row * H + j] = gates[row * 3 * H + j] * before[row * H + j];
  }
  return out;
}

/**
 * GRU layer, gates r, z, n: h' = (1 - z) n + z h. With resetAfter, n = tanh(W_in x + b_in + r (W_hn h + b_hn)) as in PyTorch;
 * without, n = tanh(W_in x + b_in + W_hn (r h) + b_hn).
 */
export const gruSequence: FusedKernel<K, TypedArray, Reserve> = fusedKernel({ forward, backward });
