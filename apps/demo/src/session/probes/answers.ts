import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope, softmax } from "@unrolled/core";
import type { Batch, TaskRun } from "../../tasks/task.js";
import type { Answers, NextTokens } from "../look.js";
import type { DemoModel } from "../model.js";
import { toTensors } from "../objective.js";
import { exampleTensor } from "./example-tensor.js";
import { exampleOf } from "./trace.js";

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

const singleAnswers = (run: TaskRun): Batch | null =>
  run.series === null && run.target === "last" && run.shape.outputSize === 1 ? run.test : null;

/** What the model says of the test sequences, beside the truth; null where the answer is not one number each. */
export function answers(model: DemoModel, run: TaskRun): Answers | null {
  const test = singleAnswers(run);
  if (test === null) return null;
  return scope(() =>
    noGrad(() => {
      const { x, lengths } = toTensors(test, run, cpu());
      const output = Float32Array.from(model.lastStep(x, null, lengths).output.dataSync());
      const predicted = run.objective === "binaryCrossEntropy" ? output.map(sigmoid) : output;
      return { objective: run.objective, predicted, truth: Float32Array.from(test.y) };
    }),
  );
}

/** How likely the model holds each token after each step of an example; null where the task is not one of tokens. */
export function nextTokens(model: DemoModel, run: TaskRun, index: number): NextTokens | null {
  if (run.text === null) return null;
  const example = exampleOf(run, index);
  const { x, steps, stepLabels, answer } = example;
  return scope(() =>
    noGrad(() => ({
      example: index,
      steps,
      classes: run.shape.outputSize,
      stepLabels,
      shares: Float32Array.from(
        softmax(model.everyStep(exampleTensor(run, example), null, null).output, -1).dataSync(),
      ),
      truth: Int32Array.from({ length: steps }, (_, t) => (t + 1 < steps ? x[t + 1] : answer[0])),
    })),
  );
}
