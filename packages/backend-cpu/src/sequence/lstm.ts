import type { Call, FusedKernel, In, Out, TypedArray, Wanted } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import { copyRun } from "../arrays.js";
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
  type Sizes,
  sequenceEnds,
  weightGradient,
} from "./shared.js";

type K = "lstmSequence";

/** The sizes of the cell state, and the width of the hidden one, which is H unless it is projected. */
export function lstmSizes(call: Call<K>): Sizes & { readonly width: number } {
  const { shape, dtype } = call.in[0];
  return { T: shape[0], B: shape[1], I: shape[2], H: call.in[2].shape[1], width: call.in[1].shape[1], dtype };
}

interface Reserve {
  /** Activated gates i, f, g, o of every step: [T, B, 4H]. */
  readonly gates: TypedArray;
  /** Cell states, and their tanh, after every step: [T, B, H]. */
  readonly cells: TypedArray;
  readonly squashed: TypedArray;
  /** Hidden states before their projection: [T, B, H], with zeros past the ends; `null` where there is none. */
  readonly unprojected: TypedArray | null;
}

function forward(
  inputs: In<K, TypedArray>,
  call: Call<K>,
  save: boolean,
): { out: Out<K, TypedArray>; reserve?: Reserve } {
  const [x, h0, c0, wIh, wHh, bIh, bHh, lengths, wHr] = inputs;
  const sizes = lstmSizes(call);
  const { T, B, H, width, dtype } = sizes;
  const { reverse } = call.attrs;
  const ends = sequenceEnds("lstmSequence", lengths, sizes);
  const gates = projectInput(x, wIh, combinedBias(bIh, bHh, 4 * H, 4 * H), 4 * H, sizes);
  const recurrent = packRecurrent(wHh, 0, 4 * H, { B, H: width });
  const projection = wHr ? packRecurrent(wHr, 0, width, sizes) : null;
  const stepsKept = save ? T : 1;
  const cells = allocate(dtype, stepsKept * B * H);
  const squashed = allocate(dtype, stepsKept * B * H);
  const y = allocate(dtype, T * B * width);
  const h = converted(h0, dtype);
  const c = converted(c0, dtype);
  const state = matrix(h, 0, width, 1);
  const unprojected = projection && allocate(dtype, stepsKept * B * H);
  const outputs = matrix(y, 0, width, 1);
  const now = matrix(gates, 0, 4 * H, 1);
  for (let step = 0; step < T; step++) {
    const t = reverse ? T - 1 - step : step;
    now.start = t * B * 4 * H;
    gemmPacked(B, state, recurrent, now, true);
    const kept = save ? t * B * H : 0;
    const hidden = unprojected ?? y;
    const first = unprojected ? kept : t * B * H;
    for (let b = 0; b < B; b++) {
      if (t >= ends[b]) continue;
      activate(gates, (t * B + b) * 4 * H, H, c, b * H, cells, squashed, kept + b * H, hidden, first + b * H);
    }
    const row = t * B * width;
    if (unprojected && projection) {
      outputs.start = row;
      gemmPacked(B, matrix(unprojected, kept, H, 1), projection, outputs, false);
    }
    for (let b = 0; b < B; b++) {
      const at = row + b * width;
      if (t < ends[b]) copyRun(y, at, h, b * width, width);
      else y.fill(0, at, at + width);
    }
  }
  return save ? { out: [y, h, c], reserve: { gates, cells, squashed, unprojected } } : { out: [y, h, c] };
}

/** One step of one sequence: turns gate sums into activations in place, moves c on, and writes the hidden state before any projection. */
function activate(
  gates: TypedArray,
  gate: number,
  H: number,
  c: TypedArray,
  state: number,
  cells: TypedArray,
  squashed: TypedArray,
  kept: number,
  hidden: TypedArray,
  row: number,
): void {
  for (let j = 0; j < H; j++) {
    const at = gate + j;
    const i = 1 / (1 + Math.exp(-gates[at]));
    const f = 1 / (1 + Math.exp(-gates[at + H]));
    const g = Math.tanh(gates[at + 2 * H]);
    const o = 1 / (1 + Math.exp(-gates[at + 3 * H]));
    const cell = f * c[state + j] + i * g;
    const tanhCell = Math.tanh(cell);
    gates[at] = i;
    gates[at + H] = f;
    gates[at + 2 * H] = g;
    gates[at + 3 * H] = o;
    c[state + j] = cell;
    cells[kept + j] = cell;
    squashed[kept + j] = tanhCell;
    hidden[row + j] = o * tanhCell;
  }
}

function backward(
  cotangents: readonly [y: TypedArray | null, h: TypedArray | null, c: TypedArray | null],
  inputs: In<K, TypedArray>,
  outputs: Out<K, TypedArray>,
  reserve: Reserve,
  call: Call<K>,
  wanted: Wanted<K>,
): GradientsOf<K> {
  const [x, h0, c0, wIh, wHh, bIh, bHh, lengths, wHr] = inputs;
  const [dy, dhLast, dcLast] = cotangents;
  const { gates, cells, squashed, unprojected } = reserve;
  const sizes = lstmSizes(call);
  const { T, B, I, H, width, dtype } = sizes;
  const states = { ...sizes, H: width };
  const { reverse } = call.attrs;
  const ends = sequenceEnds("lstmSequence", lengths, sizes);
  const back = packRecurrentBack(wHh, 0, 4 * H, states);
  const dGates = allocate(dtype, T * B * 4 * H);
  const dh = runningGradient(dhLast, B * width);
  const dc = runningGradient(dcLast, B * H);
  const dState = matrix(dh, 0, width, 1);
  const projection = wHr ? packRecurrentBack(wHr, 0, width, sizes) : null;
  /** Gradients of the hidden states: of the projected ones of all steps, and of one step's before their projection. */
  const dProjected = projection && allocate(dtype, T * B * width);
  const dUnprojected = projection ? new Float64Array(B * H) : dh;
  const now = matrix(dGates, 0, 4 * H, 1);
  for (let step = T - 1; step >= 0; step--) {
    const t = reverse ? T - 1 - step : step;
    const before = reverse ? t + 1 : t - 1;
    for (let b = 0; b < B; b++) {
      if (t >= ends[b]) continue;
      const row = (t * B + b) * width;
      if (dy) for (let j = 0; j < width; j++) dh[b * width + j] += dy[row + j];
      if (dProjected === null) continue;
      copyRun(dh, b * width, dProjected, row, width);
      dh.fill(0, b * width, (b + 1) * width);
    }
    if (projection && dProjected)
      gemmPacked(B, matrix(dProjected, t * B * width, width, 1), projection, matrix(dUnprojected, 0, H, 1), false);
    for (let b = 0; b < B; b++) {
      if (t >= ends[b]) continue;
      const row = (t * B + b) * H;
      const carried = before >= 0 && before < ends[b];
      const cellsBefore = carried ? cells : c0;
      const rowBefore = carried ? (before * B + b) * H : b * H;
      for (let j = 0; j < H; j++) {
        const at = (t * B + b) * 4 * H + j;
        const i = gates[at];
        const f = gates[at + H];
        const g = gates[at + 2 * H];
        const o = gates[at + 3 * H];
        const k = b * H + j;
        const d = dUnprojected[k];
        const tanhCell = squashed[row + j];
        const dCell = dc[k] + d * o * (1 - tanhCell * tanhCell);
        dGates[at] = dCell * g * i * (1 - i);
        dGates[at + H] = dCell * cellsBefore[rowBefore + j] * f * (1 - f);
        dGates[at + 2 * H] = dCell * i * (1 - g * g);
        dGates[at + 3 * H] = d * tanhCell * o * (1 - o);
        dc[k] = dCell * f;
        dUnprojected[k] = 0;
      }
    }
    now.start = t * B * 4 * H;
    gemmPacked(B, now, back, dState, true);
  }

  const rows = T * B;
  const columns = 4 * H;
  const all = matrix(dGates, 0, columns, 1);
  let dWIh: TypedArray | null = null;
  if (wanted[3]) {
    dWIh = allocate(dtype, columns * I);
    weightGradient(all, columns, x, I, rows, dWIh, 0);
  }
  let dWHh: TypedArray | null = null;
  if (wanted[4]) {
    dWHh = allocate(dtype, columns * width);
    weightGradient(all, columns, previousStates(outputs[0], h0, ends, reverse, states), width, rows, dWHh, 0);
  }
  let dWHr: TypedArray | null = null;
  if (wanted[8] && dProjected && unprojected) {
    dWHr = allocate(dtype, width * H);
    weightGradient(matrix(dProjected, 0, width, 1), width, unprojected, H, rows, dWHr, 0);
  }
  return [
    wanted[0] ? inputGradient(dGates, wIh, columns, sizes) : null,
    wanted[1] ? converted(dh, dtype) : null,
    wanted[2] ? converted(dc, dtype) : null,
    dWIh,
    dWHh,
    wanted[5] && bIh ? biasGradient(dGates, rows, columns, dtype) : null,
    wanted[6] && bHh ? biasGradient(dGates, rows, columns, dtype) : null,
    null,
    dWHr,
  ];
}

/** LSTM layer, gates i, f, g, o: c' = f c + i g, h' = o tanh(c'), or its projection by w_hr. */
export const lstmSequence: FusedKernel<K, TypedArray, Reserve> = fusedKernel({ forward, backward });
