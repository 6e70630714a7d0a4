import type { NamedWeights } from "../look.js";
import type { DemoModel } from "../model.js";

export const weightsOf = (model: DemoModel): NamedWeights[] =>
  Object.entries(model.stateDict()).map(([name, t]) => ({
    name,
    shape: t.shape,
    values: Float32Array.from(t.dataSync()),
  }));
