import type { Call, In, Out, TypedArray } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import { adamStep as plainAdamStep, sgdStep as plainSgdStep } from "../updates.js";
import type { Engine } from "../wasm/engine.js";
import type { EngineSource } from "./engine-source.js";
import { PIECE, workspaceOf } from "./workspace.js";

/** Elements of a parameter below which the plain kernel is as fast. */
const LEAST_FOR_SGD = 800;
const LEAST_FOR_ADAM = 400;

type UpdateKernel<K extends "sgdStep" | "adamStep"> = (inputs: In<K, TypedArray>, call: Call<K>) => Out<K, TypedArray>;

/** One pass over the parameter, in WebAssembly where it is large and float32. */
export function fastSgdStep(source: EngineSource): UpdateKernel<"sgdStep"> {
  return (inputs, call) => {
    const [parameter, gradient, buffer, learningRate, gradientGain] = inputs;
    const engine = parameter.length < LEAST_FOR_SGD || call.out[0].dtype !== "float32" ? null : source();
    if (engine === null) return plainSgdStep(inputs, call);
    const { momentum, nesterov, weightDecay, maximize } = call.attrs;
    const rates = [learningRate[0], gradientGain ? gradientGain[0] : 1, momentum, weightDecay] as const;
    const flags = [nesterov ? 1 : 0, maximize ? 1 : 0] as const;
    const [newParameter, , newBuffer] = inPieces(engine, [parameter, gradient, buffer], ([p, g, b], n) => {
      engine.run("sgdUpdate", p, g, b, p, b, n, ...rates, ...flags);
    });
    return [newParameter as TypedArray, newBuffer];
  };
}

/** One pass over the parameter, in WebAssembly where it is large and float32. */
export function fastAdamStep(source: EngineSource): UpdateKernel<"adamStep"> {
  return (inputs, call) => {
    const [parameter, gradient, average, square, most, learningRate, stepSize, correction] = inputs;
    const engine = parameter.length < LEAST_FOR_ADAM || call.out[0].dtype !== "float32" ? null : source();
    if (engine === null) return plainAdamStep(inputs, call);
    const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = call.attrs;
    const coupled = decoupledWeightDecay ? 0 : weightDecay;
    const shrink = decoupledWeightDecay ? 1 - learningRate[0] * weightDecay : 1;
    const rates = [beta1, beta2, eps, coupled, shrink, stepSize[0], correction[0], maximize ? 1 : 0] as const;
    const arrays = [parameter, gradient, average, square, most];
    const results = inPieces(engine, arrays, ([p, g, m, v, w], n) => {
      engine.run("adamUpdate", p, g, m, v, w, p, m, v, w, n, ...rates);
    });
    const [newParameter, , newAverage, newSquare, newMost] = results;
    return [newParameter as TypedArray, newAverage as TypedArray, newSquare as TypedArray, newMost];
  };
}

/** The second array is the gradient. */
const GRADIENT = 1;

/** Runs `update` over pieces of the arrays, copied in, and copies out what it leaves of each but the gradient. 0 and null: absent. */
function inPieces(
  engine: Engine,
  arrays: readonly (TypedArray | null)[],
  update: (addresses: readonly number[], n: number) => void,
): (TypedArray | null)[] {
  const workspace = workspaceOf(engine);
  const total = arrays[0]?.length ?? 0;
  const places = arrays.map((array, block) => (array ? workspace.at(block) : 0));
  const results = arrays.map((array, block) => (array && block !== GRADIENT ? allocate("float32", total) : null));
  for (let i = 0; i < total; i += PIECE) {
    const n = Math.min(PIECE, total - i);
    arrays.forEach((array, block) => {
      if (array) workspace.copyIn(block, array, i, n);
    });
    update(places, n);
    results.forEach((result, block) => {
      if (result) workspace.copyOut(block, result, i, n);
    });
  }
  return results;
}
