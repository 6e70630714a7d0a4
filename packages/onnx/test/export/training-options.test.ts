import { ArgumentError } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import { exportTraining } from "@unrolled/onnx";
import { expect, test } from "vitest";

const options = { inputs: { x: [2, 1] }, state: [] } as const;
const step = (x: Tensor): Tensor => x.sum();

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    "a step that is an object",
    () => exportTraining({ step } as never, options),
    /exportTraining: the step is of type obj/,
  ],
  [
    "no step",
    () => exportTraining(null as never, options),
    /the step is null, no function; give a function of tensors/,
  ],
  ["an unknown option", () => exportTraining(step, { ...options, epochs: 1 } as never), /unknown option epochs/],
  ["an opset as text", () => exportTraining(step, { ...options, opset: "17" as never }), /exportTraining: opset "17"/],
])("exportTraining refuses %s", async (_, attempt, message) => {
  await expect(attempt()).rejects.toThrow(ArgumentError);
  await expect(attempt()).rejects.toThrow(message);
});
