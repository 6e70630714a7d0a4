import { cpu } from "@unrolled/backend-cpu";
import { gradientNormByTime, LSTM } from "@unrolled/cells";
import { grad, noGrad, scope, type Tensor, tensor } from "@unrolled/core";
import type { Example, TaskRun } from "../../tasks/task.js";
import type { GradientNorms, Saliency, Want } from "../look.js";
import type { DemoModel } from "../model.js";
import { lossOf } from "../objective.js";
import { exampleTensor } from "./example-tensor.js";
import { exampleOf } from "./trace.js";

/** What the first recurrent layer reads, as values of their own: [1, steps, features]. */
function featuresOf(model: DemoModel, run: TaskRun, example: Example): Tensor {
  const input = exampleTensor(run, example);
  if (model.embedding === null) return input;
  const { embedding } = model;
  return noGrad(() => embedding.forward(input));
}

const answerTensor = ({ answer }: Example): Tensor =>
  answer instanceof Int32Array
    ? tensor(answer, { shape: [1], dtype: "int32", backend: cpu() })
    : tensor(answer, { shape: [1, answer.length], backend: cpu() });

/** How strongly the loss of the last answer depends on the states at each step, from a state of zeros. */
export function gradientNorms(model: DemoModel, run: TaskRun, index: number): GradientNorms {
  const example = exampleOf(run, index);
  return scope(() => {
    const x = featuresOf(model, run, example);
    const y = answerTensor(example);
    let loss = Number.NaN;
    const lossOfLast = (output: Tensor): Tensor => {
      const made = lossOf(run.objective, model.readOut(output.select(1, -1)), y, run.text?.padding);
      loss = made.item();
      return made;
    };
    const { recurrent } = model;
    const isLstm = recurrent instanceof LSTM;
    const norms = isLstm ? gradientNormByTime(recurrent, x, lossOfLast) : gradientNormByTime(recurrent, x, lossOfLast);
    const ofCell = isLstm ? gradientNormByTime(recurrent, x, lossOfLast, { part: 1 }) : null;
    const [layers, steps] = norms.shape;
    return {
      example: index,
      layers,
      steps,
      stepLabels: example.stepLabels,
      values: Float32Array.from(norms.dataSync()),
      cellState: ofCell && Float32Array.from(ofCell.dataSync()),
      loss,
      learnsOver: run.carriesState ? run.batch(0).steps : null,
    };
  });
}

/** How much one output would change with each number that was read. */
export function saliency(model: DemoModel, run: TaskRun, want: NonNullable<Want["saliency"]>): Saliency {
  const example = exampleOf(run, want.example);
  const { steps, stepLabels } = example;
  const { outputSize } = run.shape;
  const step = Math.max(0, Math.min(want.step, steps - 1));
  const output = Math.max(0, Math.min(want.output, outputSize - 1));
  return scope(() => {
    const x = featuresOf(model, run, example).detach();
    x.requiresGrad = true;
    const chosen = model.fromFeatures(x).select(1, step).select(1, output).sum();
    const [gradient] = grad(chosen, [x]);
    return {
      example: want.example,
      step,
      output,
      outputSize,
      steps,
      inputSize: x.shape[2],
      stepLabels,
      values: Float32Array.from(gradient.dataSync()),
      value: chosen.item(),
      objective: run.objective,
    };
  });
}
