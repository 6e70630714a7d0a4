import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, tensor } from "@unrolled/core";
import { importOnnx } from "@unrolled/onnx";
import { expect, test } from "vitest";
import { floats, info, model, node } from "../import/model-maker.js";
import { runFile } from "../import/round-trip.js";
import { expectClose, numbers, random } from "../numbers.js";

setDefaultBackend(cpu());

/**
 * Made by hand after what CNTK 2.7 writes (opset 9): a stabilizer, which scales by the softplus of a learned number, an LSTM with
 * constant initial states, its two axes after time squeezed and turned, a dense layer as MatMul and Plus.
 */
const [I, H] = [3, 4];
const count = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const weight = (name: string, dims: readonly number[], seed: number): ReturnType<typeof floats> =>
  floats(name, dims, numbers(count(dims), seed));
const named = (name: string, one: ReturnType<typeof node>): ReturnType<typeof node> => ({ ...one, name });
const bytes = model(
  {
    input: [info("features", ["time", 2, I])],
    initializer: [
      weight("W", [1, 4 * H, I], 1),
      weight("R", [1, 4 * H, H], 2),
      weight("B", [1, 8 * H], 3),
      floats("state", [1, 2, H], new Array<number>(2 * H).fill(0)),
      floats("beta", [1], [0.7]),
      weight("dense.W", [H, 2], 4),
      weight("dense.b", [2], 5),
    ],
    output: [info("z", ["time", 2, 2])],
    node: [
      named("Stabilizer.Softplus", node("Softplus", ["beta"], ["scale"])),
      named("Stabilizer.Times", node("Mul", ["features", "scale"], ["scaled"])),
      named("Recurrence", node("LSTM", ["scaled", "W", "R", "B", "", "state", "state"], ["Y"], { hidden_size: H })),
      named("Squeeze1", node("Squeeze", ["Y"], ["squeezed"], { axes: [1] })),
      named("Times1", node("MatMul", ["squeezed", "dense.W"], ["product"])),
      named("Plus1", node("Add", ["product", "dense.b"], ["z"])),
    ],
  },
  9,
  { irVersion: 4n },
);

test("what CNTK writes runs as in ONNX Runtime and is learned", async () => {
  const imported = importOnnx(bytes);
  for (const time of [1, 5]) {
    const features = random([time, 2, I], 6);
    const expected = await runFile(bytes, { features });
    expectClose(imported.forward(tensor(features.data, { shape: features.shape })).dataSync(), expected.z.data, 1e-5);
  }
  expect([...imported.namedParameters()].map(([name]) => name).sort()).toEqual(
    [
      ...["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => `Recurrence.${name}_l0`),
      "beta",
      "dense.W",
      "dense.b",
    ].sort(),
  );
});
