import { cpu } from "@unrolled/backend-cpu";
import { GRU, LSTM, RNN } from "@unrolled/cells";
import { setDefaultBackend } from "@unrolled/core";
import { exportOnnx, importOnnx } from "@unrolled/onnx";
import { expect, test } from "vitest";
import { runFile } from "../import/round-trip.js";
import { expectClose, random } from "../numbers.js";
import { gradientsOf, tensorsOf } from "./models.js";

setDefaultBackend(cpu());

const cases = [
  ["a stack both ways", new LSTM(3, 4, { numLayers: 2, bidirectional: true }), {}],
  ["a projection, a Scan", new LSTM(3, 5, { projSize: 2 }), {}],
  ["projections both ways, Scans", new LSTM(3, 5, { projSize: 2, numLayers: 2, bidirectional: true }), {}],
  ["reset before the product", new GRU(3, 4, { resetAfter: false }), {}],
  ["relu without biases", new RNN(3, 4, { nonlinearity: "relu", bias: false }), {}],
  ["a stream", new LSTM(3, 4, { numLayers: 2 }), { stateful: true }],
  ["a stream with a projection", new LSTM(3, 5, { projSize: 2 }), { stateful: true }],
] as const;

test.each(cases)("what exportOnnx writes comes back: %s", async (_, layer, options) => {
  const bytes = await exportOnnx(layer, { inputs: { x: ["time", "batch", 3] }, ...options });
  const imported = importOnnx(bytes);
  expect(Object.keys(imported.stateDict()).sort()).toEqual(Object.keys(layer.stateDict()).sort());
  for (const [key, weight] of Object.entries(layer.stateDict()))
    expectClose(imported.stateDict()[key].dataSync(), weight.dataSync(), 0);
  for (const [time, batch] of [
    [4, 2],
    [7, 3],
  ]) {
    const sizes: Readonly<Record<string, number>> = { time, batch };
    const feeds = Object.fromEntries(
      imported.inputs.map(({ name, shape }, i) => [
        name,
        random(
          (shape ?? []).map((size) => (typeof size === "number" ? size : sizes[size ?? ""])),
          i + 1,
        ),
      ]),
    );
    const [actual, expected] = [imported.run(tensorsOf(feeds)), await runFile(bytes, feeds)];
    for (const [name, { shape, data }] of Object.entries(expected)) {
      expect(actual[name].shape).toEqual(shape);
      expectClose(actual[name].dataSync(), data, 1e-5);
    }
    for (const gradient of Object.values(gradientsOf(imported, feeds)))
      expect(gradient.some((value) => value !== 0)).toBe(true);
  }
});
