import type { Backend } from "@unrolled/backend";
import { type Tensor, tensor } from "@unrolled/core";
import { bceWithLogits, crossEntropy, mseLoss } from "@unrolled/nn";
import type { Batch, Objective, TaskRun } from "../tasks/task.js";
import type { DemoModel, ModelResult } from "./model.js";

export interface BatchTensors {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly lengths: Tensor | null;
}

const int32 = { dtype: "int32" } as const;

/** A batch's arrays as tensors of a backend. */
export function toTensors(batch: Batch, run: TaskRun, backend: Backend): BatchTensors {
  const { size, steps, x, y, lengths } = batch;
  const { inputSize, outputSize } = run.shape;
  const leading = run.target === "every" ? [size, steps] : [size];
  return {
    x: tensor(
      x,
      x instanceof Int32Array
        ? { ...int32, shape: [size, steps], backend }
        : { shape: [size, steps, inputSize], backend },
    ),
    y: tensor(
      y,
      y instanceof Int32Array ? { ...int32, shape: leading, backend } : { shape: [...leading, outputSize], backend },
    ),
    lengths: lengths && tensor(lengths, { ...int32, shape: [size], backend }),
  };
}

export function lossOf(objective: Objective, output: Tensor, y: Tensor, padding: number | undefined): Tensor {
  if (objective === "mse") return mseLoss(output, y);
  if (objective === "halfSquaredError") return mseLoss(output, y, { reduction: "sum" }).div(2);
  if (objective === "binaryCrossEntropy") return bceWithLogits(output, y);
  const byClass = output.rank === 3 ? output.swapAxes(1, 2) : output; // classes come second
  return crossEntropy(byClass, y, padding === undefined ? {} : { ignoreIndex: padding });
}

/** The scalar loss of a batch, and the state it ends in. */
export function objective(
  model: DemoModel,
  run: TaskRun,
  { x, y, lengths }: BatchTensors,
  state: readonly Tensor[] | null,
): { readonly loss: Tensor; readonly state: readonly Tensor[] } {
  const walk = (): ModelResult =>
    run.target === "every" ? model.everyStep(x, state, lengths) : model.lastStep(x, state, lengths);
  const { output, state: last } = walk();
  return { loss: lossOf(run.objective, output, y, run.text?.padding), state: last };
}
