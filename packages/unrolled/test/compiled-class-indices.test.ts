import { ArgumentError, type Runner } from "@unrolled/backend";
import { onnxRuntime } from "@unrolled/backend-onnx";
import {
  Adam,
  compile,
  cpu,
  crossEntropy,
  interpreter,
  Linear,
  logSoftmax,
  nllLoss,
  type Tensor,
  tensor,
} from "unrolled";
import { describe, expect, test } from "vitest";

const runners: [string, () => Promise<Runner>][] = [
  ["the cpu's own runner", async () => cpu().graphRunner as Runner],
  ["the interpreter", async () => interpreter(cpu())],
  ["ONNX Runtime", () => onnxRuntime()],
];
const classes = (...values: number[]): Tensor => tensor(values, { dtype: "int32" });
const x = tensor([
  [1, 2],
  [3, -1],
]);

type Loss = (logits: Tensor, targets: Tensor) => Tensor;
const losses: [string, Loss][] = [
  ["crossEntropy", (logits, y) => crossEntropy(logits, y)],
  ["crossEntropy, summed", (logits, y) => crossEntropy(logits, y, { reduction: "sum" })],
  ["crossEntropy, smoothed", (logits, y) => crossEntropy(logits, y, { labelSmoothing: 0.1 })],
  ["nllLoss", (logits, y) => nllLoss(logSoftmax(logits, 1), y)],
];

describe.each(runners)("a class that does not exist, in a step compiled for %s", (name, runner) => {
  test.each(losses)("%s raises, and the state is left as it was", async (_loss, lossOf) => {
    const model = new Linear(2, 3);
    const optimizer = new Adam(model.parameters());
    const step = compile((input: Tensor, y: Tensor) => optimizer.step(() => lossOf(model.forward(input), y)), {
      state: [model, optimizer],
      runner: await runner(),
    });
    expect((await step.run(x, classes(0, -100))).item()).toBeGreaterThan(0); // ignored by default, not refused
    await step.sync();
    const before = await model.weight.data();
    const wraps = name === "ONNX Runtime"; // which counts negative indices from the end
    for (const bad of wraps ? [3, 7] : [3, 7, -1]) {
      await expect(step.run(x, classes(0, bad))).rejects.toThrow(
        name === "ONNX Runtime" ? /out of|bounds/ : ArgumentError,
      );
    }
    await step.sync();
    expect(await model.weight.data()).toEqual(before);
    await step.dispose();
  });
});
