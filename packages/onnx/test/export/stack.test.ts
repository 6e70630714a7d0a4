import { fromBinary } from "@bufbuild/protobuf";
import { cpu } from "@unrolled/backend-cpu";
import { interpreter, manualSeed, setDefaultBackend, type Tensor, trace, zeros } from "@unrolled/core";
import { exportOnnx } from "@unrolled/onnx";
import { ModelProtoSchema } from "onnx-buf";
import { beforeEach, describe, expect, test } from "vitest";
import { expectClose } from "../numbers.js";
import { FileRun, type Tensors } from "./run-file.js";
import { stackCases } from "./stack-cases.mjs";

setDefaultBackend(cpu());
beforeEach(() => manualSeed(3));

const tolerance = 1e-5;

function expectTensors(actual: Tensors, expected: Tensors): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, y] of Object.entries(expected)) {
    expect(actual[name].shape).toEqual(y.shape);
    expectClose(actual[name].dataSync(), y.dataSync(), tolerance);
  }
}

const operators = (bytes: Uint8Array): string[] =>
  (fromBinary(ModelProtoSchema, bytes).graph?.node ?? []).map(({ opType }) => opType);

describe("a stack in ONNX Runtime equals eager layers", () => {
  test.each(stackCases())("$name", async ({ model, options, sizes, feeds, expected, opType, numLayers }) => {
    const bytes = await exportOnnx(model, options);
    if (opType !== "Scan") expect(operators(bytes).filter((name) => name === opType)).toHaveLength(numLayers);
    const file = await FileRun.open(bytes);
    for (const [time, batch] of sizes) {
      const given = feeds(time, batch);
      expectTensors(await file.run(given), expected(given));
    }
    await file.close();
  });
});

describe("the traced graph in the interpreter equals eager layers", () => {
  const named = stackCases({ forms: ["dynamic", "lengths", "states"] });
  test.each(named)("$name", async ({ model, options, sizes, feeds, expected }) => {
    const { inputs, forward, outputs = [] } = options;
    const run = forward as (given: Tensors) => readonly Tensor[];
    model.eval();
    const graph = await trace(
      (given: Tensors) => Object.fromEntries(run(given).map((result, i) => [outputs[i], result])),
      inputs,
      { constants: model },
    );
    const program = await interpreter(cpu()).prepare(graph);
    for (const [time, batch] of sizes) {
      const given = feeds(time, batch);
      const hosts = Object.entries(given).map(
        ([name, x]) => [name, { data: x.dataSync(), shape: x.shape, dtype: x.dtype }] as const,
      );
      const results = await program.run(Object.fromEntries(hosts));
      for (const [name, y] of Object.entries(expected(given))) {
        expect(results[name].shape).toEqual(y.shape);
        expectClose(results[name].data, y.dataSync(), tolerance);
      }
    }
    await program.dispose();
  });
});

describe("step by step equals the whole sequence", () => {
  test.each(stackCases({ forms: ["stateful"] }))("$name", async ({ model, options, feeds, expected, batchFirst }) => {
    const file = await FileRun.open(await exportOnnx(model, options));
    const [time, batch] = [6, 2];
    const { x, ...random } = feeds(time, batch);
    let states: Record<string, Tensor> = Object.fromEntries(
      Object.entries(random).map(([name, { shape }]) => [name, zeros(shape)]),
    );
    const { y, ...last } = expected({ x });
    const axis = batchFirst ? 1 : 0;
    for (let t = 0; t < time; t++) {
      const now = await file.run({ x: x.narrow(axis, t, 1), ...states });
      expectClose(now.y.dataSync(), y.narrow(axis, t, 1).dataSync(), tolerance);
      states = Object.fromEntries(Object.keys(states).map((name) => [name, now[`${name}.next`]]));
    }
    for (const [name, state] of Object.entries(states))
      expectClose(state.dataSync(), last[`${name}.next`].dataSync(), tolerance);
    await file.close();
  });
});

describe.each([17, 18, 19, 20, 21])("opset %i", (opset) => {
  const some = stackCases().filter((_, i) => i % 7 === opset % 7);
  test(`${some.length} stacks`, async () => {
    for (const { model, options, sizes, feeds, expected } of some) {
      const file = await FileRun.open(await exportOnnx(model, { ...options, opset }));
      const given = feeds(...sizes[0]);
      expectTensors(await file.run(given), expected(given));
      await file.close();
    }
  });
});
