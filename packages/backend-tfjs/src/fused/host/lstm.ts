import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { FusedCompute } from "../fused-compute.js";
import { product, right, rightSwapped } from "./products.js";
import {
  columnSums,
  combinedBias,
  copyOf,
  hasElements,
  inputGradients,
  lazySwapped,
  previousStates,
  projectInput,
  runningGradient,
  sequenceEnds,
  sizesOf,
} from "./sequence.js";

/**
 * LSTM layer, gates i, f, g, o: c' = f c + i g, h' = o tanh(c'). One product of the engine a step; everything between products
 * is one pass over the engine's own memory.
 */
export const lstmSequence: FusedCompute<"lstmSequence"> = {
  /** No projections: those are composed. */
  accepts: (call) => !call.in[8] && hasElements(call),

  forward(device, [x, h0, c0, wIh, wHh, bIh, bHh, lengths], call, save) {
    const sizes = sizesOf(call.in[0], call.in[3], call.in[4]);
    const { T, B, H, G } = sizes;
    const { reverse } = call.attrs;
    const ends = sequenceEnds("lstmSequence", device, lengths, sizes);
    const bias = combinedBias(device, bIh, bHh, G, G);
    const recurrent = rightSwapped(device, wHh);
    const gates = projectInput(device, x, wIh, sizes);
    const y = device.empty([T, B, H]);
    const h = copyOf(device, h0);
    const c = copyOf(device, c0);
    const stepsKept = save ? T : 1;
    const cells = device.empty([stepsKept, B, H]);
    const squashed = device.empty([stepsKept, B, H]);
    for (let step = 0; step < T; step++) {
      const t = reverse ? T - 1 - step : step;
      const recurred = product(device, h, recurrent);
      const sums = device.floats(recurred);
      const gate = device.floats(gates);
      const [hidden, cell, out] = [device.floats(h), device.floats(c), device.floats(y)];
      const [kept, keptTanh] = [device.floats(cells), device.floats(squashed)];
      for (let b = 0; b < B; b++) {
        const row = (t * B + b) * H;
        if (t >= ends[b]) {
          out.fill(0, row, row + H);
          continue;
        }
        const keptRow = save ? row : b * H;
        for (let j = 0, k = b * H, at = row * 4, s = b * G; j < H; j++, k++, at++, s++) {
          const i = 1 / (1 + Math.exp(-(gate[at] + sums[s] + bias[j])));
          const f = 1 / (1 + Math.exp(-(gate[at + H] + sums[s + H] + bias[j + H])));
          const g = Math.tanh(gate[at + 2 * H] + sums[s + 2 * H] + bias[j + 2 * H]);
          const o = 1 / (1 + Math.exp(-(gate[at + 3 * H] + sums[s + 3 * H] + bias[j + 3 * H])));
          const next = f * cell[k] + i * g;
          const tanhNext = Math.tanh(next);
          gate[at] = i;
          gate[at + H] = f;
          gate[at + 2 * H] = g;
          gate[at + 3 * H] = o;
          cell[k] = next;
          kept[keptRow + j] = next;
          keptTanh[keptRow + j] = tanhNext;
          hidden[k] = o * tanhNext;
          out[row + j] = hidden[k];
        }
      }
      device.drop(recurred);
    }
    return { out: [y, h, c], reserve: save ? [gates, cells, squashed] : [] };
  },

  backward(device, [dy, dhLast, dcLast], inputs, outputs, reserve, call, wanted) {
    const [x, h0, c0, wIh, wHh, bIh, bHh, lengths] = inputs;
    const [gates, cells, squashed] = reserve;
    const sizes = sizesOf(call.in[0], call.in[3], call.in[4]);
    const { T, B, H, G } = sizes;
    const { reverse } = call.attrs;
    const ends = sequenceEnds("lstmSequence", device, lengths, sizes);
    const back = right(device, wHh);
    const dGates = device.empty([T * B, G]);
    const now = device.empty([B, G]);
    const dh = runningGradient(device, dhLast, B * H);
    const dc = runningGradient(device, dcLast, B * H);
    for (let step = T - 1; step >= 0; step--) {
      const t = reverse ? T - 1 - step : step;
      const before = reverse ? t + 1 : t - 1;
      const [gate, all, current] = [device.floats(gates), device.floats(dGates), device.floats(now)];
      const [states, tanhs, first] = [device.floats(cells), device.floats(squashed), device.floats(c0)];
      const arriving = dy ? device.floats(dy) : null;
      for (let b = 0; b < B; b++) {
        const row = (t * B + b) * H;
        if (t >= ends[b]) {
          all.fill(0, row * 4, row * 4 + G);
          current.fill(0, b * G, (b + 1) * G);
          continue;
        }
        const carried = before >= 0 && before < ends[b];
        const cellsBefore = carried ? states : first;
        const rowBefore = carried ? (before * B + b) * H : b * H;
        for (let j = 0, k = b * H, at = row * 4, s = b * G; j < H; j++, k++, at++, s++) {
          const i = gate[at];
          const f = gate[at + H];
          const g = gate[at + 2 * H];
          const o = gate[at + 3 * H];
          const d = arriving ? dh[k] + arriving[row + j] : dh[k];
          const tanhCell = tanhs[row + j];
          const dCell = dc[k] + d * o * (1 - tanhCell * tanhCell);
          const di = dCell * g * i * (1 - i);
          const df = dCell * cellsBefore[rowBefore + j] * f * (1 - f);
          const dg = dCell * i * (1 - g * g);
          const dO = d * tanhCell * o * (1 - o);
          all[at] = di;
          all[at + H] = df;
          all[at + 2 * H] = dg;
          all[at + 3 * H] = dO;
          current[s] = di;
          current[s + H] = df;
          current[s + 2 * H] = dg;
          current[s + 3 * H] = dO;
          dc[k] = dCell * f;
          dh[k] = 0;
        }
      }
      if (step === 0 && !wanted[1]) continue;
      const through = product(device, now, back);
      const gained = device.floats(through);
      for (let k = 0; k < gained.length; k++) dh[k] += gained[k];
      device.drop(through);
    }

    const dGatesSwapped = lazySwapped(device, dGates);
    const input = inputGradients(device, dGates, dGatesSwapped, x, wIh, sizes, {
      x: wanted[0],
      weight: wanted[3],
      bias: wanted[5] && bIh !== null,
    });
    const recurrentWeight = (): TensorInfo =>
      product(device, dGatesSwapped(), right(device, previousStates(device, outputs[0], h0, ends, reverse, sizes)));
    return [
      input.x,
      wanted[1] ? device.writeOwn(dh, [B, H]) : null,
      wanted[2] ? device.writeOwn(dc, [B, H]) : null,
      input.weight,
      wanted[4] ? recurrentWeight() : null,
      input.bias,
      wanted[6] && bHh ? (input.bias ?? columnSums(device, dGates)) : null,
      null,
      null,
    ];
  },
};
