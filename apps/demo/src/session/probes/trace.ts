import { noGrad, scope } from "@unrolled/core";
import type { LayerWeights } from "../../cells/cell-kind.js";
import { cellKind } from "../../cells/index.js";
import { type Quantity, walkLayer } from "../../cells/walk.js";
import type { Example, TaskRun } from "../../tasks/task.js";
import type { Trace } from "../look.js";
import type { DemoModel } from "../model.js";
import type { Settings } from "../settings.js";
import { exampleTensor } from "./example-tensor.js";

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

/** What the page draws of an example when it asks for one that is not there. */
export const exampleOf = (run: TaskRun, index: number): Example =>
  run.example(Math.max(0, Math.min(index, run.examples - 1)));

export interface Walk {
  /** What the first layer reads, [steps, inputSize]: for tokens, their embeddings. */
  readonly input: Float32Array;
  readonly layers: readonly (readonly Quantity[])[];
  /** What the library's own layers and readout give, in float32, [steps, outputSize]. */
  readonly output: Float32Array;
}

/** The walk over an example, done once for all who look at the same moment. */
export type Walks = (example: number) => Walk;

export function walksOf(model: DemoModel, run: TaskRun, settings: Settings): Walks {
  const done = new Map<number, Walk>();
  return (index) => {
    const walk = done.get(index) ?? walkExample(model, run, settings, exampleOf(run, index));
    done.set(index, walk);
    return walk;
  };
}

/** From a state of zeros. */
function walkExample(model: DemoModel, run: TaskRun, settings: Settings, example: Example): Walk {
  return scope(() =>
    noGrad((): Walk => {
      const input = exampleTensor(run, example);
      const features = (model.embedding ? model.embedding.forward(input) : input).dataSync() as Float32Array;
      const layers: (readonly Quantity[])[] = [];
      let reading: ArrayLike<number> = features;
      for (let layer = 0; layer < settings.numLayers; layer++) {
        const quantities = walkLayer(cellKind(settings.cell), layerWeights(model, layer), reading, example.steps);
        layers.push(quantities);
        reading = hiddenStates(quantities);
      }
      const output = model.everyStep(input, null, null).output.dataSync() as Float32Array;
      return { input: features, layers, output };
    }),
  );
}

/** [steps, hiddenSize] */
export const hiddenStates = (quantities: readonly Quantity[]): Float64Array => valuesOf(quantities, "h");

export function valuesOf(quantities: readonly Quantity[], symbol: string): Float64Array {
  const found = quantities.find((one) => one.symbol === symbol);
  if (found) return found.values;
  throw new Error(`the cell computes no "${symbol}"`);
}

/** A walk over an example with all that the cells compute on the way. */
export function trace(model: DemoModel, run: TaskRun, settings: Settings, index: number, walks: Walks): Trace {
  const example = exampleOf(run, index);
  const { input, layers, output } = walks(index);
  return {
    example: index,
    steps: example.steps,
    stepLabels: example.stepLabels,
    hiddenSize: settings.hiddenSize,
    input,
    inputSize: model.recurrent.inputSize,
    tokens: example.x instanceof Int32Array ? example.x : null,
    layers,
    output,
    outputSize: run.shape.outputSize,
    objective: run.objective,
  };
}
