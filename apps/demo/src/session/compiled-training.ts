// Loaded when an engine is chosen that runs whole steps.
import type { Runner } from "@unrolled/backend";
import { type CompiledStep, compile, type InputSpec, type Tensor } from "@unrolled/core";
import type { TaskRun } from "../tasks/task.js";
import { type Optimizer, stepOptions } from "./create-optimizer.js";
import type { DemoModel } from "./model.js";
import { objective } from "./objective.js";

/** From x, y, perhaps lengths and a state to the loss and the state after, as `state0` and so on. */
export type CompiledTraining = CompiledStep<readonly Tensor[], Readonly<Record<string, Tensor>>>;

/** What a step is made of. The limit of the gradients may change from step to step. */
export interface TrainingParts {
  readonly model: DemoModel;
  readonly optimizer: Optimizer;
  readonly run: TaskRun;
  readonly clipGradNorm: () => number;
}

export function compileTraining(parts: TrainingParts, runner: Runner, withLengths: boolean): CompiledTraining {
  const { model, optimizer, run, clipGradNorm } = parts;
  const { shape, target, carriesState } = run;
  const step = (x: Tensor, y: Tensor, ...rest: readonly Tensor[]): Readonly<Record<string, Tensor>> => {
    const lengths = withLengths ? rest[0] : null;
    const before = carriesState ? rest.slice(withLengths ? 1 : 0) : null;
    let last: readonly Tensor[] = [];
    const loss = optimizer.step(() => {
      const result = objective(model, run, { x, y, lengths }, before);
      last = result.state;
      return result.loss;
    }, stepOptions(clipGradNorm())) as Tensor;
    const states = carriesState ? last.map((part, i) => [`state${i}`, part.detach()] as const) : [];
    return { loss, ...Object.fromEntries(states) };
  };
  const leading = target === "every" ? ["batch", "time"] : ["batch"];
  const tokens = (dims: readonly (string | number)[]): InputSpec => ({ shape: dims, dtype: "int32" });
  const inputs: Record<string, InputSpec> = {
    x: shape.embeddingDim === undefined ? ["batch", "time", shape.inputSize] : tokens(["batch", "time"]),
    y: run.objective === "crossEntropy" ? tokens(leading) : [...leading, shape.outputSize],
    ...(withLengths && { lengths: tokens(["batch"]) }),
  };
  return compile(step as (...inputs: readonly Tensor[]) => Readonly<Record<string, Tensor>>, {
    state: [model, optimizer],
    runner,
    ...(!carriesState && { inputs }), // one sequence with its state has one shape
    guard: clipGradNorm,
  });
}
