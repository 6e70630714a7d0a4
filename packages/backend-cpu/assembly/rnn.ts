import { packRows, packTransposed, panelBytes, roundUp4 } from "./pack";
import {
  carry, cotangent, isValid, isWorthTransposing, MOST_BYTES, packForGradient, sharesUnits, slotAfter, slotBefore, TOO_LARGE,
  transposeWeight, weightGradient,
} from "./recurrent";
import {
  blockBytes, columnSums, inputGradient, isSmallBatch, matrixBytes, packInputGradient, padGates, padRows, projectInput, stepProduct,
  storeColumns, sumOfBiases, unpadRows,
} from "./sequence";
import { splat, tanh4 } from "./simd-math";
import {
  address, B_HH, B_IH, BATCH, D_B_HH, D_B_IH, D_H0, D_H_LAST, D_W_HH, D_W_IH, D_X, D_Y, FLAGS, H0, H_LAST, HIDDEN, INPUTS, LENGTHS,
  RELU, RESERVE, REVERSE, SAVE, SCRATCH, TIME, W_HH, W_IH, word, X, Y,
} from "./task";
import { barrier, partEnd, partStart } from "./threads";

// Places in the scratch memory, set by layForward and layBackward.
let sums: usize = 0;
let bias: usize = 0;
let paddedWIh: usize = 0;
let paddedWHh: usize = 0;
let paddedBias: usize = 0;
let inputPanels: usize = 0;
let recurrentPanels: usize = 0;
let statePair: usize = 0;
let dSums: usize = 0;
let dState: usize = 0;
let statePanels: usize = 0;
let gradientPanels: usize = 0;
let biasSums: usize = 0;

function layForward(at: usize, T: i32, B: i32, I: i32, H: i32): usize {
  const padded = roundUp4(H);
  bias = at; at += blockBytes(padded);
  paddedBias = at; at += blockBytes(2 * padded);
  paddedWIh = at; at += matrixBytes(padded, I);
  paddedWHh = at; at += matrixBytes(padded, H);
  inputPanels = at; at += panelBytes(padded, I);
  recurrentPanels = at; at += panelBytes(padded, H);
  statePair = at; at += matrixBytes(2 * B, padded);
  sums = at;
  return at + matrixBytes(T * B, padded);
}

function layBackward(at: usize, T: i32, B: i32, I: i32, H: i32): usize {
  const padded = roundUp4(H), rows = T * B;
  biasSums = at; at += blockBytes(padded);
  paddedWIh = at; at += matrixBytes(padded, I);
  paddedWHh = at; at += matrixBytes(padded, H);
  gradientPanels = at; at += panelBytes(I, padded);
  recurrentPanels = at; at += panelBytes(H, padded);
  dState = at; at += matrixBytes(B, padded);
  inputPanels = at; at += panelBytes(I, rows);
  statePanels = at; at += panelBytes(H, rows);
  dSums = at;
  return at + matrixBytes(rows, padded);
}

/** The states before and after every step, [T + 1, B, padded]. */
export function rnnReserveBytes(T: i32, B: i32, I: i32, H: i32): f64 {
  const bytes = (<f64>T + 1) * <f64>B * <f64>roundUp4(H) * 4;
  return bytes > MOST_BYTES ? TOO_LARGE : bytes;
}

/** Bytes of working space that either pass needs. */
export function rnnScratchBytes(T: i32, B: i32, I: i32, H: i32): f64 {
  return isTooLarge(T, B, I, H) ? TOO_LARGE : <f64>max(layForward(0, T, B, I, H), layBackward(0, T, B, I, H));
}

/** Bytes of working space of a forward pass that keeps nothing. */
export function rnnInferenceBytes(T: i32, B: i32, I: i32, H: i32): f64 {
  return isTooLarge(T, B, I, H) ? TOO_LARGE : <f64>layForward(0, T, B, I, H);
}

function isTooLarge(T: i32, B: i32, I: i32, H: i32): bool {
  const columns = <f64>roundUp4(H);
  return (<f64>T * <f64>B + 2 * columns) * (2 * columns + <f64>I + 16) * 4 > MOST_BYTES;
}

export function rnnForward(task: usize, thread: i32, threads: i32): void {
  const T = word(task, TIME), B = word(task, BATCH), I = word(task, INPUTS), H = word(task, HIDDEN), padded = roundUp4(H);
  const flags = word(task, FLAGS), reverse = (flags & REVERSE) != 0, save = (flags & SAVE) != 0, relu = (flags & RELU) != 0;
  const lengths = address(task, LENGTHS), y = address(task, Y);
  layForward(address(task, SCRATCH), T, B, I, H);
  const states = save ? address(task, RESERVE) : statePair;
  const rowBytes: usize = <usize>padded << 2, slotBytes: usize = <usize>B * rowBytes, yBytes: usize = <usize>H << 2;
  const small = isSmallBatch(B), byUnits = sharesUnits(small, H, threads);
  const firstRow = byUnits ? 0 : partStart(B, 1, thread, threads), lastRow = byUnits ? B : partEnd(B, 1, thread, threads);
  const first = byUnits ? partStart(padded, 8, thread, threads) : 0, last = byUnits ? partEnd(padded, 8, thread, threads) : padded;

  const wIh = padGates(address(task, W_IH), I, 1, H, padded, paddedWIh, thread, threads);
  const wHh = padGates(address(task, W_HH), H, 1, H, padded, paddedWHh, thread, threads);
  if (thread == 0) {
    const bIh = padGates(address(task, B_IH), 1, 1, H, padded, paddedBias, 0, 1);
    const bHh = padGates(address(task, B_HH), 1, 1, H, padded, paddedBias + rowBytes, 0, 1);
    sumOfBiases(bIh, bHh, bias, 0, padded);
    padRows(address(task, H0), H, states + <usize>slotBefore(save, reverse, 0, T) * slotBytes, padded, 0, B);
  }
  barrier(threads);
  projectInput(address(task, X), I, wIh, bias, sums, padded, T * B, inputPanels, thread, threads);
  if (!small) {
    packTransposed(
      wHh, yBytes, recurrentPanels, H, padded, partStart(padded, 8, thread, threads), partEnd(padded, 8, thread, threads),
    );
  }
  barrier(threads);

  const unit: usize = <usize>first << 2, columns = last - first;
  for (let step = 0; step < T; step++) {
    const t = reverse ? T - 1 - step : step;
    const before = states + <usize>slotBefore(save, reverse, step, T) * slotBytes;
    const after = states + <usize>slotAfter(save, reverse, step, T) * slotBytes;
    let at: usize = <usize>firstRow * rowBytes;
    const z = sums + <usize>(t * B) * rowBytes;
    stepProduct(
      small, wHh + <usize>first * yBytes, yBytes, true, columns, recurrentPanels,
      before + at, rowBytes, z + at + unit, rowBytes, z + at + unit, rowBytes, lastRow - firstRow, columns, H,
    );
    for (let b = firstRow; b < lastRow; b++) {
      const yRow = y + <usize>(t * B + b) * yBytes;
      if (isValid(lengths, b, t)) activate(relu, z + at, after + at, yRow, H, first, last);
      else carry(before + at, after + at, yRow, H, first, last);
      at += rowBytes;
    }
    if (byUnits) barrier(threads);
  }
  const end = states + <usize>slotBefore(save, reverse, T, T) * slotBytes;
  if (byUnits) {
    if (thread == 0) unpadRows(end, padded, address(task, H_LAST), H, 0, B);
  } else unpadRows(end, padded, address(task, H_LAST), H, firstRow, lastRow);
}

// @ts-ignore: decorator
@inline function activate(relu: bool, z: usize, after: usize, y: usize, H: i32, first: i32, last: i32): void {
  for (let j = first; j < last; j += 4) {
    const at: usize = <usize>j << 2, sum = v128.load(z + at);
    const state = relu ? f32x4.max(sum, splat(0)) : tanh4(sum);
    v128.store(after + at, state);
    storeColumns(y + at, state, H - j);
  }
}

export function rnnBackward(task: usize, thread: i32, threads: i32): void {
  const T = word(task, TIME), B = word(task, BATCH), I = word(task, INPUTS), H = word(task, HIDDEN), padded = roundUp4(H);
  const flags = word(task, FLAGS), reverse = (flags & REVERSE) != 0, relu = (flags & RELU) != 0;
  const lengths = address(task, LENGTHS), dy = address(task, D_Y), states = address(task, RESERVE), rows = T * B;
  layBackward(address(task, SCRATCH), T, B, I, H);
  const rowBytes: usize = <usize>padded << 2, slotBytes: usize = <usize>B * rowBytes, yBytes: usize = <usize>H << 2;
  const small = isSmallBatch(B), byUnits = sharesUnits(small, H, threads), transposed = small && isWorthTransposing(T, H);
  const firstRow = byUnits ? 0 : partStart(B, 1, thread, threads), lastRow = byUnits ? B : partEnd(B, 1, thread, threads);
  const first = byUnits ? partStart(padded, 8, thread, threads) : 0, last = byUnits ? partEnd(padded, 8, thread, threads) : padded;
  const dX = address(task, D_X), dWIh = address(task, D_W_IH), dWHh = address(task, D_W_HH), x = address(task, X);

  const wIh = dX ? padGates(address(task, W_IH), I, 1, H, padded, paddedWIh, thread, threads) : 0;
  const wHh = padGates(address(task, W_HH), H, 1, H, padded, paddedWHh, thread, threads);
  if (thread == 0) padRows(address(task, D_H_LAST), H, dState, padded, 0, B);
  barrier(threads);
  if (transposed) transposeWeight(wHh, padded, H, recurrentPanels, thread, threads);
  else if (!small) {
    packRows(wHh, yBytes, recurrentPanels, padded, 0, padded, H, partStart(H, 8, thread, threads), partEnd(H, 8, thread, threads));
  }
  // Operands of the gradients at the end are packed here, so that one barrier does for both.
  if (dX) packInputGradient(wIh, I, padded, gradientPanels, thread, threads);
  const beforeSteps = states + (reverse ? slotBytes : 0), afterSteps = states + (reverse ? 0 : slotBytes);
  if (dWIh) packForGradient(x, <usize>I << 2, I, rows, inputPanels, H, thread, threads);
  if (dWHh) packForGradient(beforeSteps, rowBytes, H, rows, statePanels, H, thread, threads);
  barrier(threads);

  const weightStride: usize = transposed ? rowBytes : yBytes, unit: usize = <usize>first << 2;
  const weight = transposed ? recurrentPanels + <usize>first * rowBytes : wHh + unit;
  for (let step = T - 1; step >= 0; step--) {
    const t = reverse ? T - 1 - step : step;
    const from: usize = <usize>firstRow * rowBytes, now: usize = <usize>(t * B) * rowBytes;
    let at = from;
    for (let b = firstRow; b < lastRow; b++) {
      const d = dSums + now + at;
      if (isValid(lengths, b, t)) {
        const dyRow = dy ? dy + <usize>(t * B + b) * yBytes : 0;
        differentiate(relu, afterSteps + now + at, dyRow, dState + at, d, H, first, last);
      } else memory.fill(d + unit, 0, <usize>(last - first) << 2);
      at += rowBytes;
    }
    if (byUnits) barrier(threads);
    stepProduct(
      small, weight, weightStride, transposed, min(last, H) - first, recurrentPanels,
      dSums + now + from, rowBytes, dState + from + unit, rowBytes, dState + from + unit, rowBytes, lastRow - firstRow, padded, padded,
    );
  }
  barrier(threads);

  const dH0 = address(task, D_H0), dBIh = address(task, D_B_IH), dBHh = address(task, D_B_HH);
  if (dH0 && thread == 0) unpadRows(dState, padded, dH0, H, 0, B);
  if (dX) inputGradient(dSums, padded, gradientPanels, dX, I, rows, thread, threads);
  if (dWIh) weightGradient(dSums, rowBytes, x, <usize>I << 2, inputPanels, dWIh, H, I, rows, thread, threads);
  if (dWHh) weightGradient(dSums, rowBytes, beforeSteps, rowBytes, statePanels, dWHh, H, H, rows, thread, threads);
  if (thread == threads - 1 && (dBIh || dBHh)) {
    columnSums(dSums, rowBytes, rows, biasSums, 0, padded);
    if (dBIh) unpadRows(biasSums, padded, dBIh, H, 0, 1);
    if (dBHh) unpadRows(biasSums, padded, dBHh, H, 0, 1);
  }
}

/** dState becomes the gradient of the state without this step's product, which is nothing; d that of the sum. */
function differentiate(relu: bool, state: usize, dy: usize, dH: usize, d: usize, H: i32, first: i32, last: i32): void {
  for (let j = first; j < last; j += 4) {
    const at: usize = <usize>j << 2, h = v128.load(state + at);
    const g = f32x4.add(v128.load(dH + at), cotangent(dy, j, H));
    v128.store(d + at, relu ? v128.and(g, f32x4.gt(h, splat(0))) : f32x4.mul(g, f32x4.sub(splat(1), f32x4.mul(h, h))));
    v128.store(dH + at, splat(0));
  }
}
