import type { Call, In, Out, TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";

/** One pass over the parameter; the learning rate and the gain are 0-d tensors. */
export function sgdStep(inputs: In<"sgdStep", TypedArray>, call: Call<"sgdStep">): Out<"sgdStep", TypedArray> {
  const [parameter, gradient, buffer, learningRate, gradientGain] = inputs;
  const { momentum, nesterov, weightDecay, maximize } = call.attrs;
  const { dtype } = call.out[0];
  const n = parameter.length;
  const lr = learningRate[0];
  const gain = gradientGain ? gradientGain[0] : 1;
  const newParameter = allocate(dtype, n);
  const newBuffer = buffer ? allocate(dtype, n) : null;
  for (let i = 0; i < n; i++) {
    const p = parameter[i];
    let step = (maximize ? -gradient[i] : gradient[i]) + weightDecay * p;
    if (buffer && newBuffer) {
      const velocity = momentum * buffer[i] + gain * step;
      newBuffer[i] = velocity;
      step = nesterov ? step + momentum * velocity : velocity;
    }
    newParameter[i] = p - lr * step;
  }
  return [newParameter, newBuffer];
}

/** One pass over the parameter; the three rates are 0-d tensors. */
export function adamStep(inputs: In<"adamStep", TypedArray>, call: Call<"adamStep">): Out<"adamStep", TypedArray> {
  const [parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection] = inputs;
  const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = call.attrs;
  const { dtype } = call.out[0];
  const n = parameter.length;
  const rate = stepSize[0];
  const correction = secondCorrection[0];
  const coupled = decoupledWeightDecay ? 0 : weightDecay;
  const shrink = decoupledWeightDecay ? 1 - learningRate[0] * weightDecay : 1;
  const newParameter = allocate(dtype, n);
  const newAvg = allocate(dtype, n);
  const newAvgSq = allocate(dtype, n);
  const newMax = maxExpAvgSq ? allocate(dtype, n) : null;
  for (let i = 0; i < n; i++) {
    const p = parameter[i];
    const g = (maximize ? -gradient[i] : gradient[i]) + coupled * p;
    const m = beta1 * expAvg[i] + (1 - beta1) * g;
    const v = beta2 * expAvgSq[i] + (1 - beta2) * g * g;
    let largest = v;
    if (maxExpAvgSq && newMax) {
      largest = Math.max(maxExpAvgSq[i], v);
      newMax[i] = largest;
    }
    newAvg[i] = m;
    newAvgSq[i] = v;
    newParameter[i] = p * shrink - (rate * m) / (Math.sqrt(largest) / correction + eps);
  }
  return [newParameter, newAvg, newAvgSq, newMax];
}
