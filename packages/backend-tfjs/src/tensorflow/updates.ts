import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { UpdateComputes } from "../updates/update-compute.js";
import type { TensorFlowDevice } from "./device.js";

/** The optimisers' updates, an op at a time without the checks and handles of core. */
export function tensorFlowUpdates(tf: TensorFlowDevice): UpdateComputes {
  const add = (a: TensorInfo, b: TensorInfo): TensorInfo => tf.op("AddV2", [a, b]);
  const sub = (a: TensorInfo, b: TensorInfo): TensorInfo => tf.op("Sub", [a, b]);
  const mul = (a: TensorInfo, b: TensorInfo): TensorInfo => tf.op("Mul", [a, b]);
  const div = (a: TensorInfo, b: TensorInfo): TensorInfo => tf.op("RealDiv", [a, b]);
  const times = (a: TensorInfo, factor: number): TensorInfo => mul(a, tf.scalar(factor, "float32"));
  const ascent = (gradient: TensorInfo, maximize: boolean): TensorInfo =>
    maximize ? tf.op("Neg", [gradient]) : gradient;
  const decayed = (parameter: TensorInfo, gradient: TensorInfo, weightDecay: number): TensorInfo =>
    weightDecay === 0 ? gradient : add(gradient, times(parameter, weightDecay));

  return {
    sgdStep(_, [parameter, gradient, buffer, learningRate, gain], { attrs }) {
      const { momentum, nesterov, weightDecay, maximize } = attrs;
      const g = decayed(parameter, ascent(gradient, maximize), weightDecay);
      if (buffer === null) return [sub(parameter, mul(g, learningRate)), null];
      const next = add(times(buffer, momentum), gain ? mul(g, gain) : g);
      const direction = nesterov ? add(g, times(next, momentum)) : next;
      return [sub(parameter, mul(direction, learningRate)), next];
    },

    adamStep(_, [parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection], call) {
      const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = call.attrs;
      const raw = ascent(gradient, maximize);
      const g = decoupledWeightDecay ? raw : decayed(parameter, raw, weightDecay);
      const shrinks = decoupledWeightDecay && weightDecay !== 0;
      const shrunk = shrinks ? sub(parameter, mul(parameter, times(learningRate, weightDecay))) : parameter;
      const m = add(times(expAvg, beta1), times(g, 1 - beta1));
      const v = add(times(expAvgSq, beta2), times(tf.op("Square", [g]), 1 - beta2));
      const highest = maxExpAvgSq ? tf.op("Maximum", [maxExpAvgSq, v]) : null;
      const root = tf.op("Sqrt", [highest ?? v]);
      const denominator = add(div(root, secondCorrection), tf.scalar(eps, "float32"));
      return [sub(shrunk, div(mul(m, stepSize), denominator)), m, v, highest];
    },
  };
}
