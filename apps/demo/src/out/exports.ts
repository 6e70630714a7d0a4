import { noGrad, scope, type Tensor } from "@unrolled/core";
import { cellKind } from "../cells/index.js";
import type { DemoModel } from "../session/model.js";
import { exampleTensor } from "../session/probes/example-tensor.js";
import { weightsOf } from "../session/probes/weights.js";
import type { DemoState } from "../session/settings.js";
import type { Task, TaskRun } from "../tasks/task.js";
import type { ExportFacts } from "./facts.js";

/** A walk that carries its state gives something at every step, even if training looks at one step at a time. */
const givesEveryStep = (run: TaskRun): boolean => run.target === "every" || run.carriesState;

/** What the model gives to the world: [B, T, O], or [B, O] of the last step. */
export const outputOf = (model: DemoModel, run: TaskRun, x: Tensor): Tensor =>
  givesEveryStep(run) ? model.everyStep(x, null, null).output : model.lastStep(x, null, null).output;

/** What the outputs of one example are, from a state of zeros. */
export function outputsOf(model: DemoModel, run: TaskRun, example: number): Float32Array {
  return scope(() =>
    noGrad(() => Float32Array.from(outputOf(model, run, exampleTensor(run, run.example(example))).dataSync())),
  );
}

function scalingOf({ series }: TaskRun): ExportFacts["scaling"] {
  if (series === null || (series.scale === 1 && series.shift === 0)) return null;
  return { shift: series.shift, scale: series.scale };
}

/** What generated code needs to know of the model as it is now. */
export function exportFacts(
  model: DemoModel,
  task: Task,
  run: TaskRun,
  state: DemoState,
  example: number,
): ExportFacts {
  const { settings, changes, update } = state;
  const kind = cellKind(settings.cell);
  const { label, x, steps } = run.example(example);
  return {
    title: task.title,
    settings,
    changes,
    update,
    horizon: task.goal.updates,
    layerClass: kind.layerClass,
    torchClass: kind.torchClass,
    stateParts: kind.stateNames.length,
    shape: run.shape,
    objective: run.objective,
    target: run.target,
    carriesState: run.carriesState,
    updatesPerEpoch: run.updatesPerEpoch,
    padding: run.text?.padding ?? null,
    source: run.source(),
    scaling: scalingOf(run),
    weights: weightsOf(model),
    example: {
      label,
      steps,
      tokens: x instanceof Int32Array,
      x: Array.from(x),
      everyStep: givesEveryStep(run),
      output: Array.from(outputsOf(model, run, example)),
    },
  };
}
