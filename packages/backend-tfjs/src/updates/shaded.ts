import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "@unrolled/backend";
import type { Device } from "../device.js";
import type { Shade } from "../gpu/shade.js";
import type { UpdateCompute } from "./update-compute.js";

const names = ["A", "B", "C", "D", "E", "F"];

/** A formula over whole tensors and scalars, in what GLSL and WGSL have in common. */
function formula(device: Device, name: string, expression: string, inputs: readonly TensorInfo[]): TensorInfo {
  const variables = names.slice(0, inputs.length);
  const shader = { name, variables, glsl: `setOutput(${expression});`, wgsl: `result_ = ${expression};` };
  const size = sizeOf(inputs[0].shape);
  const flat = inputs.map((x, i) => device.view(x, i > 0 && sizeOf(x.shape) === 1 ? [1] : [size]));
  return device.track((device.shade as Shade).elementwise(shader, flat, [size], "float32"));
}

function number(value: number): string {
  return `(${value.toExponential(9)})`;
}

/** The gradient with its sign and the decay of the weight; `a` is the parameter, `b` the gradient. */
function slope(maximize: boolean, weightDecay: number): string {
  const raw = maximize ? "-b" : "b";
  return weightDecay === 0 ? `(${raw})` : `(${raw} + ${number(weightDecay)} * a)`;
}

/** One or two shaders. */
export const sgdStep: UpdateCompute<"sgdStep"> = (device, inputs, call) => {
  const [parameter, gradient, buffer, learningRate, gain] = inputs;
  const { momentum, nesterov, weightDecay, maximize } = call.attrs;
  const g = slope(maximize, weightDecay);
  if (buffer === null) {
    return [formula(device, `sgd_${g}`, `a - c * ${g}`, [parameter, gradient, learningRate]), null];
  }
  const velocity = gain
    ? formula(device, `velocity_gain_${g}_${momentum}`, `${number(momentum)} * c + d * ${g}`, [
        parameter,
        gradient,
        buffer,
        gain,
      ])
    : formula(device, `velocity_${g}_${momentum}`, `${number(momentum)} * c + ${g}`, [parameter, gradient, buffer]);
  const direction = nesterov ? `(${g} + ${number(momentum)} * c)` : "c";
  const moved = formula(device, `sgd_moved_${direction}`, `a - d * ${direction}`, [
    parameter,
    gradient,
    velocity,
    learningRate,
  ]);
  return [moved, velocity];
};

/** Three shaders, four with amsgrad. */
export const adamStep: UpdateCompute<"adamStep"> = (device, inputs, call) => {
  const [parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection] = inputs;
  const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = call.attrs;
  const g = slope(maximize, decoupledWeightDecay ? 0 : weightDecay);
  const average = (beta: number, before: TensorInfo, power: 1 | 2): TensorInfo => {
    const entered = power === 1 ? g : `${g} * ${g}`;
    const expression = `${number(beta)} * c + ${number(1 - beta)} * ${entered}`;
    return formula(device, `average_${expression}`, expression, [parameter, gradient, before]);
  };
  const first = average(beta1, expAvg, 1);
  const second = average(beta2, expAvgSq, 2);
  const highest = maxExpAvgSq ? formula(device, "highest", "max(a, b)", [maxExpAvgSq, second]) : null;
  const shrunk = decoupledWeightDecay && weightDecay !== 0 ? `a * (1.0 - f * ${number(weightDecay)})` : "a";
  const expression = `${shrunk} - d * b / (sqrt(c) / e + ${number(eps)})`;
  const rates = [stepSize, secondCorrection, ...(shrunk === "a" ? [] : [learningRate])];
  const moved = formula(device, `adam_${expression}`, expression, [parameter, first, highest ?? second, ...rates]);
  return [moved, first, second, highest];
};
