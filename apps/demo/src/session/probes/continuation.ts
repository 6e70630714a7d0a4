import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope, type Tensor, tensor } from "@unrolled/core";
import type { TaskRun } from "../../tasks/task.js";
import type { DemoModel } from "../model.js";

/** Reads the known values from a state of zeros, then its own predictions one after another. */
export function continuation(model: DemoModel, { continuation: task }: TaskRun): Float32Array | null {
  if (!task) return null;
  const { known, count } = task;
  return scope(() =>
    noGrad(() => {
      const result = new Float32Array(count);
      let read = known;
      let state: readonly Tensor[] | null = null;
      for (let i = 0; i < count; i++) {
        const x = tensor(read, { shape: [1, read.length, 1], backend: cpu() });
        const next = model.lastStep(x, state, null);
        [result[i]] = next.output.dataSync();
        read = result.slice(i, i + 1);
        state = next.state;
      }
      return result;
    }),
  );
}
