import { dtypeOf, type In, type Out, type TypedArray, type UpdateCall } from "@unrolled/backend";
import { allocate } from "./allocate.js";

/** Where the new elements of a parameter or state go: into its own array if nobody else has it. */
export function resultFor(before: TypedArray, { mayOverwrite }: { readonly mayOverwrite?: boolean }): TypedArray {
  return mayOverwrite ? before : allocate(dtypeOf(before), before.length);
}

/** One pass over the parameter; the learning rate and the gain are 0-d tensors. */
export function sgdStep(inputs: In<"sgdStep", TypedArray>, call: UpdateCall<"sgdStep">): Out<"sgdStep", TypedArray> {
  const [parameter, gradient, buffer, learningRate, gradientGain] = inputs;
  const { momentum, nesterov, weightDecay, maximize } = call.attrs;
  const n = parameter.length;
  const lr = learningRate[0];
  const gain = gradientGain ? gradientGain[0] : 1;
  const newParameter = resultFor(parameter, call);
  const newBuffer = buffer ? resultFor(buffer, call) : null;
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
export function adamStep(
  inputs: In<"adamStep", TypedArray>,
  call: UpdateCall<"adamStep">,
): Out<"adamStep", TypedArray> {
  const [parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection] = inputs;
  const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = call.attrs;
  const n = parameter.length;
  const rate = stepSize[0];
  const correction = secondCorrection[0];
  const coupled = decoupledWeightDecay ? 0 : weightDecay;
  const shrink = decoupledWeightDecay ? 1 - learningRate[0] * weightDecay : 1;
  const newParameter = resultFor(parameter, call);
  const newAvg = resultFor(expAvg, call);
  const newAvgSq = resultFor(expAvgSq, call);
  const newMax = maxExpAvgSq ? resultFor(maxExpAvgSq, call) : null;
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
