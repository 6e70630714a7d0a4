import { timeMajor } from "../arrays.js";
import { mulberry32, normal } from "../random.js";
import { recurrentWeights } from "./recurrent-weights.js";
import type { InferenceWork } from "./work.js";

export function inference(batch: 1 | 16): InferenceWork {
  const [time, inputSize, hiddenSize] = [128, 128, 512];
  return {
    kind: "inference",
    name: `W5-b${batch}`,
    title: `GRU ${inputSize} -> ${hiddenSize}, ${time} steps in time, batch ${batch}: one run, no gradients`,
    unit: "ms a run",
    scale: 1e3,
    rate: false,
    warmCalls: 2,
    expected: batch === 1 ? [0.79933231] : [11.8160974],
    tolerance: 1e-4,
    batch,
    time,
    inputSize,
    hiddenSize,
    weights: recurrentWeights(55, 3, inputSize, hiddenSize),
    x: timeMajor(normal(mulberry32(5), batch * time * inputSize), batch, time, inputSize),
  };
}
