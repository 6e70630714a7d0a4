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

/** Elman layer: h' = f(x w_ih^T + b_ih + h w_hh^T + b_hh), f = tanh or relu. Backward needs nothing but the outputs. */
export const rnnSequence: FusedCompute<"rnnSequence"> = {
  accepts: hasElements,

  forward(device, [x, h0, wIh, wHh, bIh, bHh, lengths], call) {
    const sizes = sizesOf(call.in[0], call.in[2], call.in[3]);
    const { T, B, H } = sizes;
    const { nonlinearity, reverse } = call.attrs;
    const relu = nonlinearity === "relu";
    const ends = sequenceEnds("rnnSequence", device, lengths, sizes);
    const bias = combinedBias(device, bIh, bHh, H, H);
    const recurrent = rightSwapped(device, wHh);
    const y = projectInput(device, x, wIh, sizes);
    const h = copyOf(device, h0);
    for (let step = 0; step < T; step++) {
      const t = reverse ? T - 1 - step : step;
      const recurred = product(device, h, recurrent);
      const [sums, hidden, out] = [device.floats(recurred), device.floats(h), device.floats(y)];
      for (let b = 0; b < B; b++) {
        const row = (t * B + b) * H;
        if (t >= ends[b]) {
          out.fill(0, row, row + H);
          continue;
        }
        for (let j = 0, k = b * H; j < H; j++, k++) {
          const sum = out[row + j] + sums[k] + bias[j];
          hidden[k] = relu ? Math.max(sum, 0) : Math.tanh(sum);
          out[row + j] = hidden[k];
        }
      }
      device.drop(recurred);
    }
    return { out: [y, h], reserve: [] };
  },

  backward(device, [dy, dhLast], [x, h0, wIh, wHh, bIh, bHh, lengths], outputs, _reserve, call, wanted) {
    const sizes = sizesOf(call.in[0], call.in[2], call.in[3]);
    const { T, B, H } = sizes;
    const { nonlinearity, reverse } = call.attrs;
    const relu = nonlinearity === "relu";
    const ends = sequenceEnds("rnnSequence", device, lengths, sizes);
    const back = right(device, wHh);
    const dSums = device.empty([T * B, H]);
    const now = device.empty([B, H]);
    const dh = runningGradient(device, dhLast, B * H);
    for (let step = T - 1; step >= 0; step--) {
      const t = reverse ? T - 1 - step : step;
      const [all, current, y] = [device.floats(dSums), device.floats(now), device.floats(outputs[0])];
      const arriving = dy ? device.floats(dy) : null;
      for (let b = 0; b < B; b++) {
        const row = (t * B + b) * H;
        if (t >= ends[b]) {
          all.fill(0, row, row + H);
          current.fill(0, b * H, (b + 1) * H);
          continue;
        }
        for (let j = 0, k = b * H; j < H; j++, k++) {
          const value = y[row + j];
          const d = arriving ? dh[k] + arriving[row + j] : dh[k];
          const dSum = relu ? (value > 0 ? d : 0) : d * (1 - value * value);
          all[row + j] = dSum;
          current[k] = dSum;
          dh[k] = 0;
        }
      }
      if (step === 0 && !wanted[1]) continue;
      const through = product(device, now, back);
      const gained = device.floats(through);
      for (let k = 0; k < gained.length; k++) dh[k] += gained[k];
      device.drop(through);
    }

    const dSumsSwapped = lazySwapped(device, dSums);
    const input = inputGradients(device, dSums, dSumsSwapped, x, wIh, sizes, {
      x: wanted[0],
      weight: wanted[2],
      bias: wanted[4] && bIh !== null,
    });
    const recurrentWeight = (): TensorInfo =>
      product(device, dSumsSwapped(), right(device, previousStates(device, outputs[0], h0, ends, reverse, sizes)));
    return [
      input.x,
      wanted[1] ? device.writeOwn(dh, [B, H]) : null,
      input.weight,
      wanted[3] ? recurrentWeight() : null,
      input.bias,
      wanted[5] && bHh ? (input.bias ?? columnSums(device, dSums)) : null,
      null,
    ];
  },
};
