import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope, tensor } from "@unrolled/core";
import type { LayerWeights, Quantity } from "../../cells/cell-kind.js";
import { cellKind } from "../../cells/index.js";
import type { TaskRun } from "../../tasks/task.js";
import type { Trace } from "../look.js";
import type { DemoModel } from "../model.js";
import type { Settings } from "../settings.js";

/** One layer's weights by what they are rather than by name. */
export function layerWeights(model: DemoModel, layer: number): LayerWeights {
  const { recurrent } = model;
  const read = (name: string): Float32Array => recurrent.getParameter(`${name}_l${layer}`).dataSync() as Float32Array;
  const { hiddenSize, inputSize, bias } = recurrent;
  return {
    inputSize: layer === 0 ? inputSize : hiddenSize,
    hiddenSize,
    weightIh: read("weight_ih"),
    weightHh: read("weight_hh"),
    biasIh: bias ? read("bias_ih") : null,
    biasHh: bias ? read("bias_hh") : null,
  };
}

/** A walk over an example from a state of zeros, with all that the cells compute on the way. */
export function trace(model: DemoModel, run: TaskRun, settings: Settings, example: number): Trace {
  const { x, steps, stepLabels } = run.example(Math.min(example, run.examples - 1));
  return scope(() =>
    noGrad((): Trace => {
      const input = tensor(
        x,
        x instanceof Int32Array
          ? { shape: [1, steps], dtype: "int32", backend: cpu() }
          : { shape: [1, steps, run.shape.inputSize], backend: cpu() },
      );
      const features = model.embedding ? model.embedding.forward(input) : input;
      const read = features.dataSync() as Float32Array;
      const layers: (readonly Quantity[])[] = [];
      let reading: ArrayLike<number> = read;
      for (let layer = 0; layer < settings.numLayers; layer++) {
        const quantities = cellKind(settings.cell).trace(layerWeights(model, layer), reading, steps);
        layers.push(quantities);
        reading = (quantities.find(({ symbol }) => symbol === "h") as Quantity).values;
      }
      return {
        steps,
        stepLabels,
        hiddenSize: settings.hiddenSize,
        input: read,
        inputSize: model.recurrent.inputSize,
        layers,
        output: model.everyStep(input, null, null).output.dataSync() as Float32Array,
        outputSize: run.shape.outputSize,
      };
    }),
  );
}
