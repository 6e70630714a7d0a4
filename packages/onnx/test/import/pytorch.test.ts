import { readFileSync } from "node:fs";
import { ArgumentError } from "@unrolled/backend";
import { onnxToGraph } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { expectClose, random } from "../numbers.js";
import { host } from "../values.js";
import { interpret, runFile } from "./round-trip.js";

const read = (name: string): Uint8Array => readFileSync(new URL(`./models/${name}.onnx`, import.meta.url));
const recurrent = ["lstm", "gru", "rnn", "lstm-two-ways", "gru-two-ways", "rnn-two-ways"];

describe("files from PyTorch's exporter give ONNX Runtime's numbers", () => {
  for (const [time, batch] of [
    [6, 2],
    [1, 1],
    [9, 3],
  ]) {
    const dims = { time, batch };
    for (const name of recurrent) {
      test(`${name}, ${time} steps, batch ${batch}`, async () => {
        const x = random([time, batch, 3], 5);
        const graph = onnxToGraph(read(name), { dims });
        const [actual, expected] = [await interpret(graph, { x }), await runFile(read(name), { x })];
        expect(graph.outputs.map((output) => output.name)).toEqual(["y", "h"]);
        for (const output of ["y", "h"]) {
          expect(actual[output].shape).toEqual(expected[output].shape);
          expectClose(actual[output].data, expected[output].data, 1e-5);
        }
      });
    }
    test(`last step, GELU, log softmax, ${time} steps, batch ${batch}`, async () => {
      const x = random([batch, time, 3], 5);
      const graph = onnxToGraph(read("last"), { dims });
      const [actual, expected] = [await interpret(graph, { x }), await runFile(read("last"), { x })];
      expectClose(actual.y.data, expected.y.data, 1e-5);
      expect(actual.flat.shape).toEqual([batch, time * 4]);
      expectClose(actual.flat.data, expected.flat.data, 1e-5);
    });
    test(`int64 words and ArgMax, ${time} steps, batch ${batch}`, async () => {
      const ids = Array.from({ length: batch * time }, (_, i) => (i * 3) % 7);
      const x = host("int32", [batch, time], ids);
      const graph = onnxToGraph(read("words"), { dims });
      const [actual, expected] = [await interpret(graph, { x }), await runFile(read("words"), { x }, ["x"])];
      expectClose(actual.y.data, expected.y.data, 1e-5);
      expect(actual.choice).toEqual(expected.choice);
    });
  }
});

test.each(["lstm", "gru", "rnn"])("%s becomes one fused node a layer and direction", (kind) => {
  const count = (name: string): number =>
    onnxToGraph(read(name), { dims: { time: 4, batch: 2 } }).nodes.filter(({ op }) => op === `${kind}Sequence`).length;
  expect(count(kind)).toBe(1);
  expect(count(`${kind}-two-ways`)).toBe(4);
});

test("open dimensions without a size are all named", () => {
  expect(() => onnxToGraph(read("lstm"))).toThrow(ArgumentError);
  expect(() => onnxToGraph(read("lstm"))).toThrow(/time, batch/);
  expect(() => onnxToGraph(read("lstm"), { dims: { time: 1, batch: 1, depth: 2 } })).toThrow(/depth/);
});
