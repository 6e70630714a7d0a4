import { cpu } from "@unrolled/backend-cpu";
import { type Tensor, tensor } from "@unrolled/core";
import type { Example, TaskRun } from "../../tasks/task.js";

/** An example as a batch of one, on the CPU: [1, steps, inputSize], or tokens [1, steps]. */
export function exampleTensor(run: TaskRun, { x, steps }: Example): Tensor {
  const backend = cpu();
  return x instanceof Int32Array
    ? tensor(x, { shape: [1, steps], dtype: "int32", backend })
    : tensor(x, { shape: [1, steps, run.shape.inputSize], backend });
}
