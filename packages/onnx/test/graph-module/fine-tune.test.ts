import { readFileSync } from "node:fs";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { mseLoss } from "@unrolled/nn";
import { exportOnnx, importOnnx } from "@unrolled/onnx";
import { Adam, SGD } from "@unrolled/optim";
import { describe, expect, test } from "vitest";
import { expectClose } from "../numbers.js";

setDefaultBackend(cpu());

interface Run {
  readonly losses: readonly number[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
}
interface Golden {
  readonly shape: readonly number[];
  readonly x: number[];
  readonly y: number[];
  readonly runs: Readonly<Record<"sgd" | "adam", Run>>;
}

const file = (name: string): Buffer => readFileSync(new URL(`./goldens/${name}`, import.meta.url));
const goldens = JSON.parse(file("fine-tune.json").toString()) as Readonly<Record<string, Golden>>;

const kinds = ["lstm", "gru", "rnn"];
// Of fixed sizes, with states of zeros in the file; and unrolled by the newer exporter, with the first product computed ahead.
const fixed = kinds.map((kind) => `static-${kind}`);
const unrolled = ["new-rnn", "new-rnn-zero", "new-gru-cell", "new-lstm-cell"];

describe.each([...kinds, ...fixed, ...unrolled])("%s: trained ten steps as PyTorch trains the same weights", (kind) => {
  test.each(["sgd", "adam"] as const)("%s", (name) => {
    const { shape, x: input, y: target, runs } = goldens[kind];
    const { losses, weights } = runs[name];
    const model = importOnnx(file(`fine-tune-${kind}.onnx`));
    expect(Object.keys(model.stateDict()).sort()).toEqual(Object.keys(weights).sort());
    const [x, y] = [tensor(input, { shape }), tensor(target, { shape: [3, 1] })];
    const parameters = model.parameters();
    const optimizer =
      name === "sgd" ? new SGD(parameters, { lr: 0.1, momentum: 0.9 }) : new Adam(parameters, { lr: 0.02 });
    const lossNow = (): Tensor => mseLoss(model.forward(x), y);
    const seen = losses.map(() => optimizer.step(lossNow).item());
    losses.forEach((loss, i) => {
      expect(Math.abs(seen[i] - loss), `step ${i}`).toBeLessThanOrEqual(1e-5 * loss);
    });
    for (const [key, expected] of Object.entries(weights))
      expectClose(model.getParameter(key).dataSync(), expected, 1e-5);
    expect(losses[9]).toBeLessThan(losses[0]);
  });
});

test.each([...kinds, ...fixed, ...unrolled])("%s: exported again it has the same weights", async (kind) => {
  const model = importOnnx(file(`fine-tune-${kind}.onnx`));
  const { shape, x } = goldens[kind];
  const again = importOnnx(await exportOnnx(model, { inputs: { x: shape } }));
  expect([...again.namedParameters()].map(([name]) => name).sort()).toEqual(
    [...model.namedParameters()].map(([name]) => name).sort(),
  );
  const input = tensor(x, { shape });
  expectClose(again.forward(input).dataSync(), model.forward(input).dataSync(), 1e-6);
});
