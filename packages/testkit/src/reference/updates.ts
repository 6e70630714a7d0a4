import type { Attrs, In, Out, UpdateOp } from "@unrolled/backend";
import type { Values } from "./values.js";

/** An optimiser's update in plain float64 loops. */
export type UpdateReference<K extends UpdateOp> = (inputs: In<K, Values>, attrs: Attrs<K>) => Out<K, Float64Array>;

/** Optimiser updates, element by element, as PyTorch's pages of SGD, Adam and AdamW write them down. */
export const updateReferences: { readonly [K in UpdateOp]: UpdateReference<K> } = {
  sgdStep([parameter, gradient, buffer, learningRate, gain], { momentum, nesterov, weightDecay, maximize }) {
    const next = parameter.values.slice();
    const nextBuffer = buffer ? buffer.values.slice() : null;
    const rate = learningRate.values[0];
    for (let i = 0; i < next.length; i++) {
      let g = maximize ? -gradient.values[i] : gradient.values[i];
      g += weightDecay * next[i];
      if (nextBuffer) {
        nextBuffer[i] = momentum * nextBuffer[i] + (gain ? gain.values[0] : 1) * g;
        g = nesterov ? g + momentum * nextBuffer[i] : nextBuffer[i];
      }
      next[i] -= rate * g;
    }
    return [next, nextBuffer];
  },

  adamStep([parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection], attrs) {
    const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = attrs;
    const next = parameter.values.slice();
    const mean = expAvg.values.slice();
    const square = expAvgSq.values.slice();
    const largest = maxExpAvgSq ? maxExpAvgSq.values.slice() : null;
    for (let i = 0; i < next.length; i++) {
      let g = maximize ? -gradient.values[i] : gradient.values[i];
      if (decoupledWeightDecay) next[i] *= 1 - learningRate.values[0] * weightDecay;
      else g += weightDecay * next[i];
      mean[i] = beta1 * mean[i] + (1 - beta1) * g;
      square[i] = beta2 * square[i] + (1 - beta2) * g * g;
      if (largest) largest[i] = Math.max(largest[i], square[i]);
      const denominator = Math.sqrt(largest ? largest[i] : square[i]) / secondCorrection.values[0] + eps;
      next[i] -= (stepSize.values[0] * mean[i]) / denominator;
    }
    return [next, mean, square, largest];
  },
};
