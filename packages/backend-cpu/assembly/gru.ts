import { activateCandidate, activateReset, activateResetAfter, differentiateGates, differentiateReset } from "./gru-gates";
import { multiplyRows } from "./matmul";
import { packRows, packTransposed, panelBytes, roundUp4 } from "./pack";
import {
  carry, isValid, isWorthTransposing, MOST_BYTES, packForGradient, sharesUnits, slotAfter, slotBefore, TOO_LARGE, transposeWeight,
  weightGradient,
} from "./recurrent";
import {
  blockBytes, columnSums, isSmallBatch, matrixBytes, padGates, padRows, projectInput, sumOfBiases, unpadRows,
} from "./sequence";
import { smallMatmul } from "./small-matmul";
import {
  address, B_HH, B_IH, BATCH, D_B_HH, D_B_IH, D_H0, D_H_LAST, D_W_HH, D_W_IH, D_X, D_Y, FLAGS, H0, H_LAST, HIDDEN, INPUTS, LENGTHS,
  RESERVE, RESET_AFTER, REVERSE, SAVE, SCRATCH, TIME, W_HH, W_IH, word, X, Y,
} from "./task";
import { barrier, partEnd, partStart } from "./threads";

const GATES: i32 = 3;

// Places in the reserve, set by layReserve.
/** Activated gates r, z, n: [T B, 3 padded]. */
let gates: usize = 0;
/** [T B, padded]. Reset after: the recurrent product of n with its bias. Reset before: r h. */
let candidates: usize = 0;
/** [T + 1, B, padded] */
let states: usize = 0;

// Places in the scratch memory, set by layForward and layBackward.
let bias: usize = 0;
let paddedBias: usize = 0;
let paddedWIh: usize = 0;
let paddedWHh: usize = 0;
let inputPanels: usize = 0;
let recurrentPanels: usize = 0;
let biasSums: usize = 0;
let gradientPanels: usize = 0;
let dState: usize = 0;
let dReset: usize = 0;
let statePanels: usize = 0;
let resetPanels: usize = 0;
/** Gradients of the sums n, r, z and of the recurrent product of n: [T B, 4 padded]; the last only where reset is after. */
let dGates: usize = 0;

function layReserve(at: usize, T: i32, B: i32, H: i32): usize {
  const padded = roundUp4(H), rows = T * B;
  gates = at; at += matrixBytes(rows, GATES * padded);
  candidates = at; at += matrixBytes(rows, padded);
  states = at;
  return at + matrixBytes(T * B + B, padded);
}

function layForward(at: usize, save: bool, T: i32, B: i32, I: i32, H: i32): usize {
  const padded = roundUp4(H), columns = GATES * padded;
  bias = at; at += blockBytes(columns + padded);
  paddedBias = at; at += blockBytes(2 * columns);
  paddedWIh = at; at += matrixBytes(columns, I);
  paddedWHh = at; at += matrixBytes(columns, H);
  inputPanels = at; at += panelBytes(columns, I);
  recurrentPanels = at; at += panelBytes(columns, H);
  if (save) return at;
  candidates = at; at += matrixBytes(B, padded);
  states = at; at += matrixBytes(2 * B, padded);
  gates = at;
  return at + matrixBytes(T * B, columns);
}

function layBackward(at: usize, T: i32, B: i32, I: i32, H: i32): usize {
  const padded = roundUp4(H), columns = GATES * padded, rows = T * B;
  biasSums = at; at += blockBytes(columns + padded);
  paddedWIh = at; at += matrixBytes(columns, I);
  paddedWHh = at; at += matrixBytes(columns, H);
  gradientPanels = at; at += panelBytes(I, columns);
  recurrentPanels = at; at += panelBytes(H, columns);
  dState = at; at += matrixBytes(B, padded);
  dReset = at; at += matrixBytes(B, padded);
  inputPanels = at; at += panelBytes(I, rows);
  statePanels = at; at += panelBytes(H, rows);
  resetPanels = at; at += panelBytes(H, rows);
  dGates = at;
  return at + matrixBytes(rows, columns + padded);
}

export function gruReserveBytes(T: i32, B: i32, I: i32, H: i32): f64 {
  const columns = <f64>roundUp4(H);
  if ((<f64>T + 1) * (<f64>B + 1) * (columns + 4) * 20 > MOST_BYTES) return TOO_LARGE;
  return <f64>layReserve(0, T, B, H);
}

/** Bytes of working space that either pass needs. */
export function gruScratchBytes(T: i32, B: i32, I: i32, H: i32): f64 {
  return isTooLarge(T, B, I, H) ? TOO_LARGE : <f64>max(layForward(0, true, T, B, I, H), layBackward(0, T, B, I, H));
}

/** Bytes of working space of a forward pass that keeps nothing. */
export function gruInferenceBytes(T: i32, B: i32, I: i32, H: i32): f64 {
  return isTooLarge(T, B, I, H) ? TOO_LARGE : <f64>layForward(0, false, T, B, I, H);
}

function isTooLarge(T: i32, B: i32, I: i32, H: i32): bool {
  const columns = <f64>roundUp4(H);
  return (<f64>T * <f64>B + 8 * columns) * (6 * columns + <f64>I + 32) * 4 > MOST_BYTES;
}

/** Sums of the biases of r, z and n at `bias`, and after them what r multiplies, where reset is after. */
function addBiases(task: usize, resetAfter: bool, H: i32, padded: i32): void {
  const gate: usize = <usize>padded << 2, columns = GATES * padded;
  const bIh = padGates(address(task, B_IH), 1, GATES, H, padded, paddedBias, 0, 1);
  const bHh = padGates(address(task, B_HH), 1, GATES, H, padded, paddedBias + 3 * gate, 0, 1);
  sumOfBiases(bIh, bHh, bias, 0, resetAfter ? 2 * padded : columns);
  if (!resetAfter) return;
  sumOfBiases(bIh, 0, bias, 2 * padded, columns);
  sumOfBiases(0, bHh ? bHh - gate : 0, bias, columns, columns + padded);
}

export function gruForward(task: usize, thread: i32, threads: i32): void {
  const T = word(task, TIME), B = word(task, BATCH), I = word(task, INPUTS), H = word(task, HIDDEN), padded = roundUp4(H);
  const flags = word(task, FLAGS), reverse = (flags & REVERSE) != 0, save = (flags & SAVE) != 0;
  const resetAfter = (flags & RESET_AFTER) != 0, lengths = address(task, LENGTHS), y = address(task, Y);
  if (save) layReserve(address(task, RESERVE), T, B, H);
  layForward(address(task, SCRATCH), save, T, B, I, H);
  const gate: usize = <usize>padded << 2, row: usize = 3 * gate, slotBytes: usize = <usize>B * gate, yBytes: usize = <usize>H << 2;
  const columns = GATES * padded, small = isSmallBatch(B), byUnits = sharesUnits(small, H, threads);
  const firstRow = byUnits ? 0 : partStart(B, 1, thread, threads), lastRow = byUnits ? B : partEnd(B, 1, thread, threads);
  const first = byUnits ? partStart(padded, 8, thread, threads) : 0, last = byUnits ? partEnd(padded, 8, thread, threads) : padded;

  const wIh = padGates(address(task, W_IH), I, GATES, H, padded, paddedWIh, thread, threads);
  const wHh = padGates(address(task, W_HH), H, GATES, H, padded, paddedWHh, thread, threads);
  if (thread == 0) {
    addBiases(task, resetAfter, H, padded);
    padRows(address(task, H0), H, states + <usize>slotBefore(save, reverse, 0, T) * slotBytes, padded, 0, B);
  }
  barrier(threads);
  projectInput(address(task, X), I, wIh, bias, gates, columns, T * B, inputPanels, thread, threads);
  if (!small) {
    packTransposed(
      wHh, yBytes, recurrentPanels, H, columns, partStart(columns, 8, thread, threads), partEnd(columns, 8, thread, threads),
    );
  }
  barrier(threads);

  const from: usize = <usize>firstRow * gate, rows = lastRow - firstRow;
  for (let step = 0; step < T; step++) {
    const t = reverse ? T - 1 - step : step;
    const before = states + <usize>slotBefore(save, reverse, step, T) * slotBytes;
    const after = states + <usize>slotAfter(save, reverse, step, T) * slotBytes;
    const z = gates + <usize>(t * B) * row, candidate = candidates + (save ? <usize>(t * B) * gate : 0);
    const yStep = y + <usize>(t * B) * yBytes;
    gateSums(small, wHh, H, padded, 0, 2, before + from, z + 3 * from, row, z + 3 * from, row, rows, first, last);
    if (resetAfter) {
      gateSums(small, wHh, H, padded, 2, 1, before + from, candidate + from, gate, bias + row, 0, rows, first, last);
      for (let b = firstRow; b < lastRow; b++) {
        const at: usize = <usize>b * gate, yRow = yStep + <usize>b * yBytes;
        if (isValid(lengths, b, t)) {
          activateResetAfter(save, z + 3 * at, gate, candidate + at, before + at, after + at, yRow, H, first, last);
        } else carry(before + at, after + at, yRow, H, first, last);
      }
    } else {
      for (let b = firstRow; b < lastRow; b++) {
        const at: usize = <usize>b * gate;
        activateReset(z + 3 * at, gate, before + at, candidate + at, first, last);
      }
      if (byUnits) barrier(threads);
      const sumN = z + 3 * from + 2 * gate;
      gateSums(small, wHh, H, padded, 2, 1, candidate + from, sumN, row, sumN, row, rows, first, last);
      for (let b = firstRow; b < lastRow; b++) {
        const at: usize = <usize>b * gate, yRow = yStep + <usize>b * yBytes;
        if (isValid(lengths, b, t)) activateCandidate(z + 3 * at, gate, before + at, after + at, yRow, H, first, last);
        else carry(before + at, after + at, yRow, H, first, last);
      }
    }
    if (byUnits) barrier(threads);
  }
  const end = states + <usize>slotBefore(save, reverse, T, T) * slotBytes;
  if (!byUnits) unpadRows(end, padded, address(task, H_LAST), H, firstRow, lastRow);
  else if (thread == 0) unpadRows(end, padded, address(task, H_LAST), H, 0, B);
}

/** c = start + a w^T for `count` gates from gate `g` on; c, start: where the first of them begins. In a small batch, some units. */
function gateSums(
  small: bool, w: usize, H: i32, padded: i32, g: i32, count: i32,
  a: usize, c: usize, cStride: usize, start: usize, startStride: usize, rows: i32, first: i32, last: i32,
): void {
  if (rows <= 0) return;
  const gate: usize = <usize>padded << 2, k: usize = <usize>H << 2;
  if (!small) {
    const offset: usize = <usize>g * gate;
    multiplyRows(
      a, gate, recurrentPanels, H, c - offset, cStride, start - offset, startStride, rows, GATES * padded, H,
      g * padded, (g + count) * padded,
    );
    return;
  }
  const whole = last - first == padded, unit: usize = <usize>first << 2;
  const columns = whole ? count * padded : last - first, parts = whole ? 1 : count;
  for (let i = 0; i < parts; i++) {
    const at: usize = <usize>i * gate + unit, weight = w + <usize>((g + i) * padded + first) * k;
    smallMatmul(rows, columns, H, a, gate, false, weight, k, true, c + at, cStride, start + at, startStride);
  }
}

export function gruBackward(task: usize, thread: i32, threads: i32): void {
  const T = word(task, TIME), B = word(task, BATCH), I = word(task, INPUTS), H = word(task, HIDDEN), padded = roundUp4(H);
  const flags = word(task, FLAGS), reverse = (flags & REVERSE) != 0, resetAfter = (flags & RESET_AFTER) != 0;
  const lengths = address(task, LENGTHS), dy = address(task, D_Y), rows = T * B, columns = GATES * padded;
  layReserve(address(task, RESERVE), T, B, H);
  layBackward(address(task, SCRATCH), T, B, I, H);
  const gate: usize = <usize>padded << 2, row: usize = 3 * gate, dRow: usize = resetAfter ? 4 * gate : row;
  const slotBytes: usize = <usize>B * gate, yBytes: usize = <usize>H << 2, xBytes: usize = <usize>I << 2;
  const small = isSmallBatch(B), byUnits = sharesUnits(small, H, threads), transposed = small && isWorthTransposing(T, H);
  const firstRow = byUnits ? 0 : partStart(B, 1, thread, threads), lastRow = byUnits ? B : partEnd(B, 1, thread, threads);
  const first = byUnits ? partStart(padded, 8, thread, threads) : 0, last = byUnits ? partEnd(padded, 8, thread, threads) : padded;
  const dX = address(task, D_X), dWIh = address(task, D_W_IH), dWHh = address(task, D_W_HH), x = address(task, X);

  const wIh = dX ? padGates(address(task, W_IH), I, GATES, H, padded, paddedWIh, thread, threads) : 0;
  const wHh = padGates(address(task, W_HH), H, GATES, H, padded, paddedWHh, thread, threads);
  if (thread == 0) {
    padRows(address(task, D_H_LAST), H, dState, padded, 0, B);
    padRows(0, H, dReset, padded, 0, B);
  }
  barrier(threads);
  const before0 = states + (reverse ? slotBytes : 0);
  if (transposed) transposeWeight(wHh, columns, H, recurrentPanels, thread, threads);
  else if (!small) packBack(wHh, H, padded, resetAfter, thread, threads);
  // Operands of the gradients at the end are packed here, so that one barrier does for both.
  if (dX) packInputGates(wIh, I, padded, thread, threads);
  if (dWIh) packForGradient(x, xBytes, I, rows, inputPanels, H, thread, threads);
  if (dWHh) {
    packForGradient(before0, gate, H, rows, statePanels, H, thread, threads);
    if (!resetAfter) packForGradient(candidates, gate, H, rows, resetPanels, H, thread, threads);
  }
  barrier(threads);

  const from: usize = <usize>firstRow * gate, count = lastRow - firstRow, unit: usize = <usize>first << 2;
  for (let step = T - 1; step >= 0; step--) {
    const t = reverse ? T - 1 - step : step;
    const now: usize = <usize>(t * B) * gate, before = before0 + now, z = gates + 3 * now;
    const d = dGates + <usize>(t * B) * dRow, dFrom = d + <usize>firstRow * dRow;
    for (let b = firstRow; b < lastRow; b++) {
      const at: usize = <usize>b * gate, to = d + <usize>b * dRow;
      if (isValid(lengths, b, t)) {
        const dyRow = dy ? dy + <usize>(t * B + b) * yBytes : 0;
        differentiateGates(
          resetAfter, z + 3 * at, gate, candidates + now + at, before + at, dyRow, dState + at, to, H, first, last,
        );
      } else for (let part: usize = 0; part < dRow; part += gate) memory.fill(to + part + unit, 0, <usize>(last - first) << 2);
    }
    if (byUnits) barrier(threads);
    if (resetAfter) {
      backSums(small, transposed, wHh, H, padded, 0, 3, dFrom + gate, dRow, dState + from, dState + from, count, first, last);
    } else {
      backSums(small, transposed, wHh, H, padded, 2, 1, dFrom, dRow, dReset + from, 0, count, first, last);
      for (let b = firstRow; b < lastRow; b++) {
        if (!isValid(lengths, b, t)) continue;
        const at: usize = <usize>b * gate;
        differentiateReset(z + 3 * at, before + at, dReset + at, dState + at, d + <usize>b * dRow + gate, first, last);
      }
      if (byUnits) barrier(threads);
      backSums(small, transposed, wHh, H, padded, 0, 2, dFrom + gate, dRow, dState + from, dState + from, count, first, last);
    }
  }
  barrier(threads);

  const dH0 = address(task, D_H0), dBIh = address(task, D_B_IH), dBHh = address(task, D_B_HH);
  if (dH0 && thread == 0) unpadRows(dState, padded, dH0, H, 0, B);
  if (dX) inputGradient(dRow, columns, dX, I, rows, thread, threads);
  const ofR = dGates + gate, ofZ = ofR + gate, ofCandidate = resetAfter ? ofZ + gate : dGates;
  if (dWIh) {
    const part: usize = <usize>H * xBytes;
    weightGradient(ofR, dRow, x, xBytes, inputPanels, dWIh, H, I, rows, thread, threads);
    weightGradient(ofZ, dRow, x, xBytes, inputPanels, dWIh + part, H, I, rows, thread, threads);
    weightGradient(dGates, dRow, x, xBytes, inputPanels, dWIh + 2 * part, H, I, rows, thread, threads);
  }
  if (dWHh) {
    const part: usize = <usize>H * yBytes, right = resetAfter ? before0 : candidates;
    weightGradient(ofR, dRow, before0, gate, statePanels, dWHh, H, H, rows, thread, threads);
    weightGradient(ofZ, dRow, before0, gate, statePanels, dWHh + part, H, H, rows, thread, threads);
    weightGradient(
      ofCandidate, dRow, right, gate, resetAfter ? statePanels : resetPanels, dWHh + 2 * part, H, H, rows, thread, threads,
    );
  }
  if (thread == threads - 1 && (dBIh || dBHh)) {
    columnSums(dGates, dRow, rows, biasSums, 0, <i32>(dRow >> 2));
    if (dBIh) copyBias(biasSums, dBIh, H, gate);
    if (dBHh) copyBias(biasSums + (resetAfter ? row : 0), dBHh, H, gate);
  }
}

/** Panels of w, whose rows are the inner size: all gates together, or n apart where its product comes first. */
function packBack(w: usize, H: i32, padded: i32, resetAfter: bool, thread: i32, threads: i32): void {
  const first = partStart(H, 8, thread, threads), last = partEnd(H, 8, thread, threads), stride: usize = <usize>H << 2;
  const k = (resetAfter ? 3 : 2) * padded;
  packRows(w, stride, recurrentPanels, k, 0, k, H, first, last);
  if (resetAfter) return;
  packRows(w + <usize>k * stride, stride, recurrentPanels + panelBytes(H, k), padded, 0, padded, H, first, last);
}

/** c = start + a w for `count` gates from gate `g` on, a's columns. In a small batch, some units. */
function backSums(
  small: bool, transposed: bool, w: usize, H: i32, padded: i32, g: i32, count: i32,
  a: usize, aStride: usize, c: usize, start: usize, rows: i32, first: i32, last: i32,
): void {
  if (rows <= 0) return;
  const gate: usize = <usize>padded << 2, k = count * padded;
  if (!small) {
    const panels = recurrentPanels + (g ? panelBytes(H, g * padded) : 0);
    multiplyRows(a, aStride, panels, k, c, gate, start, gate, rows, padded, k, 0, padded);
    return;
  }
  const unit: usize = <usize>first << 2, n = min(last, H) - first, lines: usize = <usize>H << 2;
  const weight = transposed ? recurrentPanels + 3 * gate * <usize>first + <usize>g * gate : w + <usize>(g * padded) * lines + unit;
  smallMatmul(
    rows, n, k, a, aStride, false, weight, transposed ? 3 * gate : lines, transposed, c + unit, gate, start ? start + unit : 0, gate,
  );
}

/** Panels of w_ih, whose rows are the inner size, in the order of dGates: n, r, z. */
function packInputGates(w: usize, I: i32, padded: i32, thread: i32, threads: i32): void {
  const first = partStart(I, 8, thread, threads), last = partEnd(I, 8, thread, threads), stride: usize = <usize>I << 2;
  packRows(w + <usize>(2 * padded) * stride, stride, gradientPanels, 3 * padded, 0, padded, I, first, last);
  packRows(w, stride, gradientPanels, 3 * padded, padded, 2 * padded, I, first, last);
}

function inputGradient(dRow: usize, columns: i32, dX: usize, I: i32, rows: i32, thread: i32, threads: i32): void {
  const first = partStart(rows, 8, thread, threads), last = partEnd(rows, 8, thread, threads), xBytes: usize = <usize>I << 2;
  multiplyRows(
    dGates + <usize>first * dRow, dRow, gradientPanels, columns,
    dX + <usize>first * xBytes, xBytes, 0, 0, last - first, I, columns, 0, I,
  );
}

/** From sums in the order .., r, z, and those of n at `ofN`, to r, z, n. */
function copyBias(ofN: usize, to: usize, H: i32, gate: usize): void {
  const bytes: usize = <usize>H << 2;
  memory.copy(to, biasSums + gate, bytes);
  memory.copy(to + bytes, biasSums + 2 * gate, bytes);
  memory.copy(to + 2 * bytes, ofN, bytes);
}
