import type { In, Out, TypedArray, UpdateCall, UpdateKernel } from "@unrolled/backend";
import { adamStep as plainAdamStep, sgdStep as plainSgdStep, resultFor } from "../updates.js";
import type { Engine } from "../wasm/engine.js";
import type { EngineSource } from "./engine-source.js";
import { PIECE, workspaceOf } from "./workspace.js";

/** Elements of a parameter below which the plain kernel is as fast. */
const LEAST_FOR_SGD = 800;
const LEAST_FOR_ADAM = 400;

/** One pass over the parameter, in WebAssembly where it is large and float32. */
export function fastSgdStep(source: EngineSource): UpdateKernel<"sgdStep", TypedArray> {
  return (inputs, call) => {
    const n = inputs[0].length;
    const engine = n < LEAST_FOR_SGD || call.out[0].dtype !== "float32" ? null : source();
    return engine ? sgdStep(engine, inputs, call, n) : plainSgdStep(inputs, call);
  };
}

function sgdStep(
  engine: Engine,
  inputs: In<"sgdStep", TypedArray>,
  call: UpdateCall<"sgdStep">,
  n: number,
): Out<"sgdStep", TypedArray> {
  const [parameter, gradient, buffer, learningRate, gradientGain] = inputs;
  const { momentum, nesterov, weightDecay, maximize } = call.attrs;
  const gain = gradientGain ? gradientGain[0] : 1;
  const workspace = workspaceOf(engine);
  const [p, g] = [workspace.at(0), workspace.at(1)];
  const b = buffer ? workspace.at(2) : 0;
  const newParameter = resultFor(parameter, call);
  const newBuffer = buffer ? resultFor(buffer, call) : null;
  for (let i = 0; i < n; i += PIECE) {
    const piece = Math.min(PIECE, n - i);
    workspace.copyIn(0, parameter, i, piece);
    workspace.copyIn(1, gradient, i, piece);
    if (buffer) workspace.copyIn(2, buffer, i, piece);
    const flags = [nesterov ? 1 : 0, maximize ? 1 : 0] as const;
    engine.run("sgdUpdate", p, g, b, p, b, piece, learningRate[0], gain, momentum, weightDecay, ...flags);
    workspace.copyOut(0, newParameter, i, piece);
    if (newBuffer) workspace.copyOut(2, newBuffer, i, piece);
  }
  return [newParameter, newBuffer];
}

/** One pass over the parameter, in WebAssembly where it is large and float32. */
export function fastAdamStep(source: EngineSource): UpdateKernel<"adamStep", TypedArray> {
  return (inputs, call) => {
    const n = inputs[0].length;
    const engine = n < LEAST_FOR_ADAM || call.out[0].dtype !== "float32" ? null : source();
    return engine ? adamStep(engine, inputs, call, n) : plainAdamStep(inputs, call);
  };
}

function adamStep(
  engine: Engine,
  inputs: In<"adamStep", TypedArray>,
  call: UpdateCall<"adamStep">,
  n: number,
): Out<"adamStep", TypedArray> {
  const [parameter, gradient, average, square, most, learningRate, stepSize, correction] = inputs;
  const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = call.attrs;
  const coupled = decoupledWeightDecay ? 0 : weightDecay;
  const shrink = decoupledWeightDecay ? 1 - learningRate[0] * weightDecay : 1;
  const rates = [beta1, beta2, eps, coupled, shrink, stepSize[0], correction[0], maximize ? 1 : 0] as const;
  const workspace = workspaceOf(engine);
  const [p, g, m, v] = [workspace.at(0), workspace.at(1), workspace.at(2), workspace.at(3)];
  const w = most ? workspace.at(4) : 0;
  const newParameter = resultFor(parameter, call);
  const newAverage = resultFor(average, call);
  const newSquare = resultFor(square, call);
  const newMost = most ? resultFor(most, call) : null;
  for (let i = 0; i < n; i += PIECE) {
    const piece = Math.min(PIECE, n - i);
    workspace.copyIn(0, parameter, i, piece);
    workspace.copyIn(1, gradient, i, piece);
    workspace.copyIn(2, average, i, piece);
    workspace.copyIn(3, square, i, piece);
    if (most) workspace.copyIn(4, most, i, piece);
    engine.run("adamUpdate", p, g, m, v, w, p, m, v, w, piece, ...rates);
    workspace.copyOut(0, newParameter, i, piece);
    workspace.copyOut(2, newAverage, i, piece);
    workspace.copyOut(3, newSquare, i, piece);
    if (newMost) workspace.copyOut(4, newMost, i, piece);
  }
  return [newParameter, newAverage, newSquare, newMost];
}
