import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Device } from "../../device.js";
import type { FusedCompute } from "../fused-compute.js";
import { product, type Right, right, rightSwapped } from "./products.js";
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
  type Sizes,
  sequenceEnds,
  sizesOf,
} from "./sequence.js";

type K = "gruSequence";

/**
 * GRU layer, gates r, z, n: h' = (1 - z) n + z h. With resetAfter, n = tanh(W_in x + b_in + r (W_hn h + b_hn)) and one product
 * a step; without, n = tanh(W_in x + b_in + W_hn (r h) + b_hn) and two.
 */
export const gruSequence: FusedCompute<K> = {
  accepts: hasElements,

  forward(device, [x, h0, wIh, wHh, bIh, bHh, lengths], call, save) {
    const sizes = sizesOf(call.in[0], call.in[2], call.in[3]);
    const { T, B, H, G } = sizes;
    const { resetAfter, reverse } = call.attrs;
    const ends = sequenceEnds("gruSequence", device, lengths, sizes);
    // The hidden bias of n stays apart where r multiplies it.
    const bias = combinedBias(device, bIh, bHh, G, resetAfter ? 2 * H : G);
    const innerBias = new Float32Array(H);
    if (resetAfter && bHh) innerBias.set(device.floats(bHh).subarray(2 * H));
    const gates = projectInput(device, x, wIh, sizes);
    const inner = device.empty([save ? T : 1, B, H]);
    const y = device.empty([T, B, H]);
    const h = copyOf(device, h0);
    const weights = resetAfter ? [wHh] : [gateRows(device, wHh, 0, 2 * H), gateRows(device, wHh, 2 * H, H)];
    const [first, second] = weights.map((weight) => rightSwapped(device, weight));
    const resetState = resetAfter ? null : device.empty([B, H]);

    for (let step = 0; step < T; step++) {
      const t = reverse ? T - 1 - step : step;
      const recurred = product(device, h, first);
      if (resetState) resetGates(device, { gates, sums: recurred, bias, h, resetState }, t, ends, sizes);
      const candidates = resetState ? product(device, resetState, second) : recurred;
      const [gate, sums] = [device.floats(gates), device.floats(candidates)];
      const [hidden, out, kept] = [device.floats(h), device.floats(y), device.floats(inner)];
      const reset = resetState ? device.floats(resetState) : null;
      for (let b = 0; b < B; b++) {
        const row = (t * B + b) * H;
        if (t >= ends[b]) {
          out.fill(0, row, row + H);
          continue;
        }
        const keptRow = save ? row : b * H;
        for (let j = 0, k = b * H, at = row * 3; j < H; j++, k++, at++) {
          let z: number;
          let n: number;
          if (reset === null) {
            const s = b * G + j;
            const r = 1 / (1 + Math.exp(-(gate[at] + sums[s] + bias[j])));
            z = 1 / (1 + Math.exp(-(gate[at + H] + sums[s + H] + bias[j + H])));
            const candidate = sums[s + 2 * H] + innerBias[j];
            n = Math.tanh(gate[at + 2 * H] + bias[j + 2 * H] + r * candidate);
            gate[at] = r;
            gate[at + H] = z;
            kept[keptRow + j] = candidate;
          } else {
            z = gate[at + H];
            n = Math.tanh(gate[at + 2 * H] + bias[j + 2 * H] + sums[k]);
            kept[keptRow + j] = reset[k];
          }
          gate[at + 2 * H] = n;
          hidden[k] = (1 - z) * n + z * hidden[k];
          out[row + j] = hidden[k];
        }
      }
      if (resetState) device.drop(candidates);
      device.drop(recurred);
    }
    return { out: [y, h], reserve: save ? [gates, inner] : [] };
  },

  backward(device, [dy, dhLast], inputs, outputs, reserve, call, wanted) {
    const [x, h0, wIh, wHh, bIh, bHh, lengths] = inputs;
    const sizes = sizesOf(call.in[0], call.in[2], call.in[3]);
    const { T, B, H, G } = sizes;
    const { resetAfter, reverse } = call.attrs;
    const [gates, inner] = reserve;
    const ends = sequenceEnds("gruSequence", device, lengths, sizes);
    const before = previousStates(device, outputs[0], h0, ends, reverse, sizes);
    const dGates = device.empty([T * B, G]);
    const dRecurrent = resetAfter ? device.empty([T * B, G]) : dGates;
    const now = device.empty([B, resetAfter ? G : H]);
    const dh = runningGradient(device, dhLast, B * H);
    const back: Back = resetAfter
      ? { all: right(device, wHh) }
      : {
          gates: right(device, gateRows(device, wHh, 0, 2 * H)),
          candidate: right(device, gateRows(device, wHh, 2 * H, H)),
          now: device.empty([B, 2 * H]),
        };
    for (let step = T - 1; step >= 0; step--) {
      const t = reverse ? T - 1 - step : step;
      const [gate, all, current] = [device.floats(gates), device.floats(dGates), device.floats(now)];
      const [recurrent, kept, states] = [device.floats(dRecurrent), device.floats(inner), device.floats(before)];
      const arriving = dy ? device.floats(dy) : null;
      const width = resetAfter ? G : H;
      for (let b = 0; b < B; b++) {
        const row = (t * B + b) * H;
        if (t >= ends[b]) {
          all.fill(0, row * 3, row * 3 + G);
          recurrent.fill(0, row * 3, row * 3 + G);
          current.fill(0, b * width, (b + 1) * width);
          continue;
        }
        for (let j = 0, k = b * H, at = row * 3, s = b * width; j < H; j++, k++, at++, s++) {
          const r = gate[at];
          const z = gate[at + H];
          const n = gate[at + 2 * H];
          const d = arriving ? dh[k] + arriving[row + j] : dh[k];
          const dn = d * (1 - z) * (1 - n * n);
          const dz = d * (states[row + j] - n) * z * (1 - z);
          all[at + H] = dz;
          all[at + 2 * H] = dn;
          dh[k] = d * z;
          if (resetAfter) {
            const dr = dn * kept[row + j] * r * (1 - r);
            all[at] = dr;
            recurrent[at] = dr;
            recurrent[at + H] = dz;
            recurrent[at + 2 * H] = dn * r;
            current[s] = dr;
            current[s + H] = dz;
            current[s + 2 * H] = dn * r;
          } else {
            current[s] = dn;
          }
        }
      }
      if ("all" in back) {
        if (step > 0 || wanted[1]) gain(device, now, back.all, dh);
      } else {
        throughReset(device, back, { now, gates, dGates, before }, dh, t, ends, sizes);
      }
    }

    const dGatesSwapped = lazySwapped(device, dGates);
    const input = inputGradients(device, dGates, dGatesSwapped, x, wIh, sizes, {
      x: wanted[0],
      weight: wanted[2],
      bias: wanted[4] && bIh !== null,
    });
    const recurrentWeight = (): TensorInfo => {
      if (resetAfter) return product(device, lazySwapped(device, dRecurrent)(), right(device, before));
      const both = dGatesSwapped();
      const ofGates = product(device, gateRows(device, both, 0, 2 * H), right(device, before));
      const ofCandidate = product(
        device,
        gateRows(device, both, 2 * H, H),
        right(device, device.view(inner, [T * B, H])),
      );
      return device.run("Concat", [ofGates, ofCandidate], { axis: 0 });
    };
    return [
      input.x,
      wanted[1] ? device.writeOwn(dh, [B, H]) : null,
      input.weight,
      wanted[3] ? recurrentWeight() : null,
      input.bias,
      wanted[5] && bHh ? ((resetAfter ? null : input.bias) ?? columnSums(device, dRecurrent)) : null,
      null,
    ];
  },
};

type Back = { readonly all: Right } | { readonly gates: Right; readonly candidate: Right; readonly now: TensorInfo };

/** Rows `start` to `start + count` of a matrix. */
function gateRows(device: Device, x: TensorInfo, start: number, count: number): TensorInfo {
  const columns = x.shape[1];
  const out = device.empty([count, columns]);
  device.floats(out).set(device.floats(x).subarray(start * columns, (start + count) * columns));
  return out;
}

/** Adds a product to the running gradient. */
function gain(device: Device, now: TensorInfo, weights: Right, dh: Float32Array): void {
  const through = product(device, now, weights);
  const gained = device.floats(through);
  for (let k = 0; k < gained.length; k++) dh[k] += gained[k];
  device.drop(through);
}

interface ResetStep {
  readonly gates: TensorInfo;
  readonly sums: TensorInfo;
  readonly bias: Float32Array;
  readonly h: TensorInfo;
  readonly resetState: TensorInfo;
}

/** r, z and r h of one step, where reset comes before the product. */
function resetGates(device: Device, step: ResetStep, t: number, ends: Int32Array, { B, H }: Sizes): void {
  const { bias } = step;
  const [gate, sums] = [device.floats(step.gates), device.floats(step.sums)];
  const [hidden, reset] = [device.floats(step.h), device.floats(step.resetState)];
  for (let b = 0; b < B; b++) {
    if (t >= ends[b]) {
      reset.fill(0, b * H, (b + 1) * H);
      continue;
    }
    for (let j = 0, k = b * H, at = (t * B + b) * 3 * H, s = b * 2 * H; j < H; j++, k++, at++, s++) {
      const r = 1 / (1 + Math.exp(-(gate[at] + sums[s] + bias[j])));
      gate[at] = r;
      gate[at + H] = 1 / (1 + Math.exp(-(gate[at + H] + sums[s + H] + bias[j + H])));
      reset[k] = r * hidden[k];
    }
  }
}

interface BackwardStep {
  readonly now: TensorInfo;
  readonly gates: TensorInfo;
  readonly dGates: TensorInfo;
  readonly before: TensorInfo;
}

/** One step back through both products, where reset comes before the second. */
function throughReset(
  device: Device,
  back: Exclude<Back, { readonly all: Right }>,
  { now, gates, dGates, before }: BackwardStep,
  dh: Float32Array,
  t: number,
  ends: Int32Array,
  { B, H }: Sizes,
): void {
  const through = product(device, now, back.candidate);
  const dInner = device.floats(through);
  const [gate, all, states] = [device.floats(gates), device.floats(dGates), device.floats(before)];
  const current = device.floats(back.now);
  for (let b = 0; b < B; b++) {
    if (t >= ends[b]) {
      current.fill(0, b * 2 * H, (b + 1) * 2 * H);
      continue;
    }
    const row = (t * B + b) * H;
    for (let j = 0, k = b * H, at = row * 3, s = b * 2 * H; j < H; j++, k++, at++, s++) {
      const r = gate[at];
      const dr = dInner[k] * states[row + j] * r * (1 - r);
      all[at] = dr;
      current[s] = dr;
      current[s + H] = all[at + H];
      dh[k] += dInner[k] * r;
    }
  }
  device.drop(through);
  gain(device, back.now, back.gates, dh);
}
