// The LSTM over whole sequences, gates i, f, g, o: c' = f c + i g, h' = m = o tanh(c'), or m w_hr^T where the hidden state is
// projected to another width (Sak et al., 2014). The input product is one over all steps, and
// so is each weight gradient; a time step is one product and one pass over the gates. Threads share out the batch in the time
// loops, columns elsewhere. Rows of states are padded to a multiple of four floats, so a gate pass may read and write whole vectors
// there; whatever comes to lie in the padding stays in its lane. Rows of gates are not: at H = 50 it would cost 4 % of every product.
import { multiplyTransposed } from "./matmul";
import { packRows, packTransposed, panelBytes, panelColumns, roundUp4 } from "./pack";
import { MOST_BYTES, TOO_LARGE } from "./recurrent";
import {
  blockBytes, columnSums, copyColumns, gateSigmoid4, inputGradient, isSmallBatch, isZeros, loadColumns, matrixBytes, packColumns,
  packInputGradient, packProjection, padRows, projectRows, stepProduct, stepsOf, storeColumns, sumOfBiases, unpadRows,
} from "./sequence";
import { multiplyAdd, splat, tanh4 } from "./simd-math";
import {
  address, B_HH, B_IH, BATCH, C0, C_LAST, D_B_HH, D_B_IH, D_C0, D_C_LAST, D_H0, D_H_LAST, D_W_HH, D_W_HR, D_W_IH, D_X, D_Y, FLAGS,
  H0, H_LAST, HIDDEN, INPUTS, LENGTHS, RESERVE, REVERSE, SAVE, SCRATCH, TIME, W_HH, W_HR, W_IH, WIDTH, word, X, Y,
} from "./task";
import { barrier, partEnd, partStart } from "./threads";

// The reserve: activated gates [T B, 4 H]; cell states [T + 1, B, padded], the first one c0, then as the steps are taken;
// panels of [h before the step | x], [T B, width + I]; where h is projected, panels of m, [T B, H].
// @ts-ignore: decorator
@inline function cellsAt(reserve: usize, rows: i32, hidden: i32): usize { return reserve + matrixBytes(rows, 4 * hidden); }
// @ts-ignore: decorator
@inline function operandsAt(cells: usize, rows: i32, batch: i32, padded: i32): usize {
  return cells + matrixBytes(rows + batch, padded);
}
// @ts-ignore: decorator
@inline function unprojectedAt(operands: usize, rows: i32, columns: i32): usize { return operands + panelBytes(columns, rows); }

/** Rows whose gate sums are made at once where none are kept: few enough to stay in the cache until their step comes. */
const ROWS_AHEAD: i32 = 256;

/** Steps whose input product is one. */
function stepsAhead(time: i32, batch: i32, save: bool): i32 {
  return save || batch == 0 ? time : max(1, min(time, ROWS_AHEAD / batch));
}

/** Bytes of the reserve: what the forward pass keeps where SAVE is set. */
export function lstmReserveBytes(time: i32, batch: i32, inputs: i32, hidden: i32, width: i32, projects: bool): f64 {
  const rows = time * batch, padded = roundUp4(hidden);
  if ((<f64>time + 1) * (<f64>batch + 1) * (6 * <f64>hidden + <f64>width + <f64>inputs + 64) * 4 > MOST_BYTES) return TOO_LARGE;
  const unprojected = unprojectedAt(operandsAt(cellsAt(0, rows, hidden), rows, batch, padded), rows, width + inputs);
  return <f64>(unprojected + (projects ? panelBytes(hidden, rows) : 0));
}

/** Bytes of working space that either pass needs. */
export function lstmScratchBytes(time: i32, batch: i32, inputs: i32, hidden: i32, width: i32, projects: bool): f64 {
  return scratchBytes(time * batch, batch, inputs, hidden, width, projects);
}

/** Bytes of working space of a forward pass that keeps nothing. */
export function lstmInferenceBytes(time: i32, batch: i32, inputs: i32, hidden: i32, width: i32, projects: bool): f64 {
  return scratchBytes(stepsAhead(time, batch, false) * batch, batch, inputs, hidden, width, projects);
}

function scratchBytes(rows: i32, batch: i32, inputs: i32, hidden: i32, width: i32, projects: bool): f64 {
  const padded = roundUp4(hidden), paddedWidth = roundUp4(width), gates = 4 * hidden, most = <f64>max(hidden, width);
  if ((<f64>rows + <f64>batch + 3 * (most + <f64>inputs) + 64) * (most + 8) * 16 > MOST_BYTES) return TOO_LARGE;
  const panels = matrixBytes(gates, panelColumns(inputs)) + matrixBytes(gates, paddedWidth);
  const sums = blockBytes(gates) + matrixBytes(gates, panelColumns(width + inputs));
  const states = matrixBytes(batch, padded) + matrixBytes(batch, paddedWidth);
  const unprojected = matrixBytes(panelColumns(width), panelColumns(hidden)) + matrixBytes(batch, padded);
  const projection = projects ? unprojected + matrixBytes(max(rows, batch), paddedWidth) : 0;
  return <f64>(panels + states + matrixBytes(rows, gates) + sums + projection);
}

export function lstmForward(task: usize, thread: i32, threads: i32): void {
  const time = word(task, TIME), batch = word(task, BATCH), inputs = word(task, INPUTS), hidden = word(task, HIDDEN);
  const width = word(task, WIDTH), weightHr = address(task, W_HR), projects = weightHr != 0;
  const padded = roundUp4(hidden), paddedWidth = roundUp4(width), gates = 4 * hidden, rows = time * batch;
  const save = (word(task, FLAGS) & SAVE) != 0, reverse = (word(task, FLAGS) & REVERSE) != 0;
  const x = address(task, X), lengths = address(task, LENGTHS), small = isSmallBatch(batch);
  const firstRow = partStart(batch, 1, thread, threads), lastRow = partEnd(batch, 1, thread, threads);
  const first = partStart(gates, 8, thread, threads), last = partEnd(gates, 8, thread, threads);
  const inputBytes: usize = <usize>inputs << 2, cellBytes: usize = <usize>padded << 2, gateBytes: usize = <usize>gates << 2;
  const stateBytes: usize = <usize>paddedWidth << 2, rowBytes: usize = <usize>width << 2, stepBytes = <usize>batch * cellBytes;

  const weightHh = address(task, W_HH), reserve = address(task, RESERVE);
  let at = address(task, SCRATCH);
  const bias = at;
  at += blockBytes(gates);
  const panelsIh = at;
  at += matrixBytes(gates, panelColumns(inputs));
  const panelsHh = at;
  at += matrixBytes(gates, paddedWidth);
  const h = at;
  at += matrixBytes(batch, paddedWidth);
  const cells = save ? cellsAt(reserve, rows, hidden) : at;
  at += matrixBytes(batch, padded);
  const panelsHr = at, weightIh = address(task, W_IH), ahead = stepsAhead(time, batch, save), most = ahead * batch;
  if (projects) at += matrixBytes(panelColumns(width), panelColumns(hidden));
  const unprojected = projects ? at : h; // m of one step
  if (projects) at += matrixBytes(batch, padded);
  const next = at; // the projected states of one step
  if (projects) at += matrixBytes(batch, paddedWidth);
  const z = save ? reserve : at;
  const operands = operandsAt(cells, rows, batch, padded);
  const kept = unprojectedAt(operands, rows, width + inputs);
  const cellStep: usize = save ? stepBytes : 0;

  sumOfBiases(address(task, B_IH), address(task, B_HH), bias, first, last);
  packProjection(weightIh, inputs, gates, most, panelsIh, thread, threads);
  if (!small && first < last) packTransposed(weightHh, rowBytes, panelsHh, width, gates, first, last);
  if (projects && !small) {
    const firstColumn = partStart(width, 8, thread, threads), lastColumn = partEnd(width, 8, thread, threads);
    packTransposed(weightHr, <usize>hidden << 2, panelsHr, hidden, width, firstColumn, lastColumn);
  }
  padRows(address(task, H0), width, h, paddedWidth, firstRow, lastRow);
  padRows(address(task, C0), hidden, cells, padded, firstRow, lastRow);

  const own = lastRow - firstRow, hOwn = h + <usize>firstRow * stateBytes;
  const unprojectedOwn = unprojected + <usize>firstRow * cellBytes, nextOwn = next + <usize>firstRow * stateBytes;
  const fromZeros = isZeros(address(task, H0), batch * width);
  let cell = cells, zero = z; // `zero`: where the gate sums of row 0 would be
  for (let step = 0; step < time; step++) {
    const t = reverse ? time - 1 - step : step, row = t * batch + firstRow;
    if (step % ahead == 0) {
      const steps = min(ahead, time - step), from = reverse ? t - steps + 1 : t;
      zero = z - (save ? 0 : <usize>(from * batch) * gateBytes);
      if (step) barrier(threads); // all have done the steps whose gate sums are written over
      projectRows(
        x + <usize>(from * batch) * inputBytes, inputs, weightIh, bias, zero + <usize>(from * batch) * gateBytes, gates,
        steps * batch, most, panelsIh, thread, threads,
      );
      barrier(threads);
    }
    const zOwn = zero + <usize>row * gateBytes;
    if (save) {
      packColumns(hOwn, stateBytes, operands, rows, row, own, width + inputs, 0, width);
      packColumns(x + <usize>row * inputBytes, inputBytes, operands, rows, row, own, width + inputs, width, inputs);
    }
    if (step > 0 || !fromZeros) stepProduct(
      small, weightHh, rowBytes, true, gates, panelsHh,
      hOwn, stateBytes, zOwn, gateBytes, zOwn, gateBytes, own, gates, width,
    );
    for (let b = firstRow; b < lastRow; b++) {
      const state = <usize>b * cellBytes, m = unprojected + state;
      const to = projects ? m : address(task, Y) + <usize>(t * batch + b) * rowBytes;
      if (t < stepsOf(lengths, b, time)) {
        activate(zero + <usize>(t * batch + b) * gateBytes, cell + state, cell + cellStep + state, m, to, hidden);
      } else {
        memory.fill(to, 0, <usize>hidden << 2);
        if (save) memory.copy(cell + cellStep + state, cell + state, cellBytes);
      }
    }
    cell += cellStep;
    if (!projects) continue;
    if (save) packColumns(unprojectedOwn, cellBytes, kept, rows, row, own, hidden, 0, hidden);
    stepProduct(
      small, weightHr, <usize>hidden << 2, true, width, panelsHr,
      unprojectedOwn, cellBytes, nextOwn, stateBytes, 0, 0, own, paddedWidth, hidden,
    );
    for (let b = firstRow; b < lastRow; b++) {
      const state = <usize>b * stateBytes, to = address(task, Y) + <usize>(t * batch + b) * rowBytes;
      if (t < stepsOf(lengths, b, time)) {
        memory.copy(h + state, next + state, rowBytes);
        memory.copy(to, next + state, rowBytes);
      } else memory.fill(to, 0, rowBytes);
    }
  }
  unpadRows(h, paddedWidth, address(task, H_LAST), width, firstRow, lastRow);
  unpadRows(cell, padded, address(task, C_LAST), hidden, firstRow, lastRow);
}

/** One step of one sequence: gate sums become activations in place, and the state moves on. */
function activate(z: usize, before: usize, after: usize, h: usize, y: usize, hidden: i32): void {
  const gate: usize = <usize>hidden << 2;
  let forget = z + gate, candidate = forget + gate, output = candidate + gate;
  for (let left = hidden; left > 0; left -= 4) {
    const i = gateSigmoid4(v128.load(z)), f = gateSigmoid4(v128.load(forget)), g = tanh4(v128.load(candidate));
    const c = multiplyAdd(f, v128.load(before), f32x4.mul(i, g));
    v128.store(after, c);
    const o = gateSigmoid4(v128.load(output)), state = f32x4.mul(o, tanh4(c));
    v128.store(h, state);
    storeColumns(z, i, left);
    storeColumns(forget, f, left);
    storeColumns(candidate, g, left);
    storeColumns(output, o, left);
    storeColumns(y, state, left);
    z += 16; forget += 16; candidate += 16; output += 16; before += 16; after += 16; h += 16; y += 16;
  }
}

export function lstmBackward(task: usize, thread: i32, threads: i32): void {
  const time = word(task, TIME), batch = word(task, BATCH), inputs = word(task, INPUTS), hidden = word(task, HIDDEN);
  const width = word(task, WIDTH), weightHr = address(task, W_HR), projects = weightHr != 0;
  const padded = roundUp4(hidden), paddedWidth = roundUp4(width), gates = 4 * hidden, rows = time * batch;
  const columns = panelColumns(width + inputs);
  const reverse = (word(task, FLAGS) & REVERSE) != 0, lengths = address(task, LENGTHS), small = isSmallBatch(batch);
  const firstRow = partStart(batch, 1, thread, threads), lastRow = partEnd(batch, 1, thread, threads);
  const first = partStart(gates, 8, thread, threads), last = partEnd(gates, 8, thread, threads);
  const cellBytes: usize = <usize>padded << 2, gateBytes: usize = <usize>gates << 2, stepBytes = <usize>batch * cellBytes;
  const stateBytes: usize = <usize>paddedWidth << 2, rowBytes: usize = <usize>width << 2;
  const dx = address(task, D_X), dy = address(task, D_Y), dh0 = address(task, D_H0);
  const reserve = address(task, RESERVE), cells = cellsAt(reserve, rows, hidden), operands = operandsAt(cells, rows, batch, padded);

  const weightHh = address(task, W_HH);
  let at = address(task, SCRATCH);
  const panelsIh = at;
  at += matrixBytes(gates, panelColumns(inputs));
  const panelsHh = at;
  at += matrixBytes(gates, paddedWidth);
  const dh = at;
  at += matrixBytes(batch, paddedWidth);
  const dc = at;
  at += matrixBytes(batch, padded);
  const dz = at;
  at += matrixBytes(rows, gates);
  const weightSums = at;
  at += matrixBytes(gates, columns);
  const panelsHr = at;
  if (projects) at += matrixBytes(panelColumns(width), panelColumns(hidden));
  const dUnprojected = projects ? at : dh; // of one step
  if (projects) at += matrixBytes(batch, padded);
  const dProjected = at; // of all steps

  const firstColumn = partStart(width, 8, thread, threads), lastColumn = partEnd(width, 8, thread, threads);
  if (!small) packRows(weightHh, rowBytes, panelsHh, gates, 0, gates, width, firstColumn, lastColumn);
  if (projects && !small) {
    const firstUnit = partStart(hidden, 8, thread, threads), lastUnit = partEnd(hidden, 8, thread, threads);
    packRows(weightHr, <usize>hidden << 2, panelsHr, width, 0, width, hidden, firstUnit, lastUnit);
  }
  if (dx) packInputGradient(address(task, W_IH), inputs, gates, panelsIh, thread, threads);
  padRows(address(task, D_H_LAST), width, dh, paddedWidth, firstRow, lastRow);
  padRows(address(task, D_C_LAST), hidden, dc, padded, firstRow, lastRow);
  barrier(threads);

  const own = lastRow - firstRow, dhOwn = dh + <usize>firstRow * stateBytes;
  let cell = cells + <usize>time * stepBytes;
  for (let step = time - 1; step >= 0; step--) {
    const t = reverse ? time - 1 - step : step;
    cell -= stepBytes;
    if (projects) {
      for (let b = firstRow; b < lastRow; b++) {
        const row = <usize>(t * batch + b), to = dProjected + row * stateBytes, state = dh + <usize>b * stateBytes;
        if (t < stepsOf(lengths, b, time)) {
          sumOfGradients(state, dy ? dy + row * rowBytes : 0, to, width);
          if (lengths) memory.fill(state, 0, stateBytes);
        } else memory.fill(to, 0, stateBytes);
      }
      stepProduct(
        small, weightHr, <usize>hidden << 2, false, hidden, panelsHr,
        dProjected + <usize>(t * batch + firstRow) * stateBytes, stateBytes,
        dUnprojected + <usize>firstRow * cellBytes, cellBytes, 0, 0, own, padded, width,
      );
    }
    for (let b = firstRow; b < lastRow; b++) {
      const state = <usize>b * cellBytes, row = <usize>(t * batch + b), dzRow = dz + row * gateBytes;
      if (t < stepsOf(lengths, b, time)) {
        const before = cell + state, dm = dUnprojected + state, from = dy && !projects ? dy + row * rowBytes : 0;
        differentiate(reserve + row * gateBytes, dzRow, before, before + stepBytes, dm, dc + state, from, hidden);
        if (lengths && !projects) memory.fill(dm, 0, cellBytes);
      } else memory.fill(dzRow, 0, gateBytes);
    }
    if (step == 0 && !dh0) break;
    const dzOwn = dz + <usize>(t * batch + firstRow) * gateBytes;
    stepProduct(
      small, weightHh, rowBytes, false, width, panelsHh,
      dzOwn, gateBytes, dhOwn, stateBytes, lengths ? dhOwn : 0, stateBytes, own, paddedWidth, gates,
    );
  }
  if (dh0) unpadRows(dh, paddedWidth, dh0, width, firstRow, lastRow);
  const dc0 = address(task, D_C0);
  if (dc0) unpadRows(dc, padded, dc0, hidden, firstRow, lastRow);
  barrier(threads);

  if (dx) inputGradient(dz, gates, panelsIh, dx, inputs, rows, thread, threads);
  const dwIh = address(task, D_W_IH), dwHh = address(task, D_W_HH), stride: usize = <usize>columns << 2;
  if ((dwIh || dwHh) && first < last) {
    const sums = weightSums + <usize>first * stride;
    if (rows == 0) memory.fill(sums, 0, <usize>(last - first) * stride);
    // The states that the first step began with add nothing where they are zeros.
    const skipped = isZeros(address(task, H0), batch * width) && time > 1 ? batch : 0;
    const others = reverse ? 0 : skipped, firstStep = reverse ? rows - batch : 0, left = dz + (<usize>first << 2);
    multiplyTransposed(
      left + <usize>others * gateBytes, gateBytes, operands, rows, others,
      sums, stride, 0, 0, last - first, columns, rows - skipped, 0, columns,
    );
    if (skipped && inputs) multiplyTransposed(
      left + <usize>firstStep * gateBytes, gateBytes, operands, rows, firstStep,
      sums, stride, sums, stride, last - first, columns, batch, width & ~7, columns,
    );
    const firstFloat: usize = <usize>first << 2;
    if (dwHh) copyColumns(sums, stride, dwHh + firstFloat * width, width, last - first);
    if (dwIh) copyColumns(sums + rowBytes, stride, dwIh + firstFloat * inputs, inputs, last - first);
  }
  const dwHr = address(task, D_W_HR);
  if (dwHr && firstColumn < lastColumn) {
    const to = dwHr + (<usize>firstColumn * <usize>hidden << 2);
    if (rows == 0) memory.fill(to, 0, <usize>(lastColumn - firstColumn) * <usize>hidden << 2);
    multiplyTransposed(
      dProjected + (<usize>firstColumn << 2), stateBytes, unprojectedAt(operands, rows, width + inputs), rows, 0,
      to, <usize>hidden << 2, 0, 0, lastColumn - firstColumn, hidden, rows, 0, hidden,
    );
  }
  const dbIh = address(task, D_B_IH), dbHh = address(task, D_B_HH), biases = dbIh ? dbIh : dbHh;
  if (biases && first < last) {
    columnSums(dz, gateBytes, rows, biases, first, last);
    const at: usize = <usize>first << 2;
    if (dbIh && dbHh) memory.copy(dbHh + at, dbIh + at, <usize>(last - first) << 2);
  }
}

/** What comes from the step after, and what comes from the outputs, or 0. */
function sumOfGradients(dh: usize, dy: usize, to: usize, n: i32): void {
  for (let left = n; left > 0; left -= 4) {
    let e = v128.load(dh);
    if (dy) {
      e = f32x4.add(e, loadColumns(dy, left));
      dy += 16;
    }
    v128.store(to, e);
    dh += 16; to += 16;
  }
}

/**
 * One step of one sequence: the gradients of its gate sums, from those of its states. dc becomes that of the cell state before;
 * dh is what comes from the step after, dy what comes from the outputs, or 0.
 */
function differentiate(
  z: usize, dz: usize, before: usize, after: usize, dh: usize, dc: usize, dy: usize, hidden: i32,
): void {
  const one = splat(1);
  const zf: usize = <usize>hidden << 2, zg = 2 * zf, zo = 3 * zf;
  for (let left = hidden; left > 0; left -= 4) {
    let e = v128.load(dh);
    if (dy) {
      e = f32x4.add(e, v128.load(dy));
      dy += 16;
    }
    const o = v128.load(z + zo), k = tanh4(v128.load(after)), eo = f32x4.mul(e, o);
    const d = multiplyAdd(eo, f32x4.sub(one, f32x4.mul(k, k)), v128.load(dc));
    storeColumns(dz + zo, f32x4.mul(f32x4.mul(eo, k), f32x4.sub(one, o)), left);
    const i = v128.load(z), f = v128.load(z + zf), g = v128.load(z + zg);
    const di = f32x4.mul(d, i), df = f32x4.mul(d, f);
    storeColumns(dz, f32x4.mul(f32x4.mul(di, g), f32x4.sub(one, i)), left);
    storeColumns(dz + zf, f32x4.mul(f32x4.mul(df, v128.load(before)), f32x4.sub(one, f)), left);
    storeColumns(dz + zg, f32x4.mul(di, f32x4.sub(one, f32x4.mul(g, g))), left);
    v128.store(dc, df);
    z += 16; dz += 16; before += 16; after += 16; dh += 16; dc += 16;
  }
}
