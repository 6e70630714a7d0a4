import type { UpdateCompute } from "./update-compute.js";

/** One pass over the parameter in the engine's own memory. */
export const sgdStep: UpdateCompute<"sgdStep"> = (device, inputs, call) => {
  const [parameter, gradient, buffer, learningRate, gradientGain] = inputs;
  const { momentum, nesterov, weightDecay, maximize } = call.attrs;
  const newParameter = device.empty(parameter.shape);
  const newBuffer = buffer ? device.empty(parameter.shape) : null;
  const [p, g, out] = [device.floats(parameter), device.floats(gradient), device.floats(newParameter)];
  const before = buffer ? device.floats(buffer) : null;
  const after = newBuffer ? device.floats(newBuffer) : null;
  const lr = device.floats(learningRate)[0];
  const gain = gradientGain ? device.floats(gradientGain)[0] : 1;
  for (let i = 0; i < p.length; i++) {
    let step = (maximize ? -g[i] : g[i]) + weightDecay * p[i];
    if (before && after) {
      const velocity = momentum * before[i] + gain * step;
      after[i] = velocity;
      step = nesterov ? step + momentum * velocity : velocity;
    }
    out[i] = p[i] - lr * step;
  }
  return [newParameter, newBuffer];
};

/** One pass over the parameter in the engine's own memory. */
export const adamStep: UpdateCompute<"adamStep"> = (device, inputs, call) => {
  const [parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection] = inputs;
  const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = call.attrs;
  const like = () => device.empty(parameter.shape);
  const results = [like(), like(), like(), maxExpAvgSq ? like() : null] as const;
  const [out, avg, avgSq] = [device.floats(results[0]), device.floats(results[1]), device.floats(results[2])];
  const highest = results[3] ? device.floats(results[3]) : null;
  const [p, g, m, v] = [parameter, gradient, expAvg, expAvgSq].map((x) => device.floats(x));
  const highestBefore = maxExpAvgSq ? device.floats(maxExpAvgSq) : null;
  const rate = device.floats(stepSize)[0];
  const correction = device.floats(secondCorrection)[0];
  const coupled = decoupledWeightDecay ? 0 : weightDecay;
  const shrink = decoupledWeightDecay ? 1 - device.floats(learningRate)[0] * weightDecay : 1;
  for (let i = 0; i < p.length; i++) {
    const slope = (maximize ? -g[i] : g[i]) + coupled * p[i];
    const first = beta1 * m[i] + (1 - beta1) * slope;
    const second = beta2 * v[i] + (1 - beta2) * slope * slope;
    let largest = second;
    if (highest && highestBefore) {
      largest = Math.max(highestBefore[i], second);
      highest[i] = largest;
    }
    avg[i] = first;
    avgSq[i] = second;
    out[i] = p[i] * shrink - (rate * first) / (Math.sqrt(largest) / correction + eps);
  }
  return results;
};
