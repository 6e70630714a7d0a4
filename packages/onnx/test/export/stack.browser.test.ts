import { cpu } from "@unrolled/backend-cpu";
import { manualSeed, setDefaultBackend } from "@unrolled/core";
import { exportOnnx } from "@unrolled/onnx";
import * as ort from "onnxruntime-web/wasm";
import { beforeEach, describe, expect, test } from "vitest";
import { expectClose } from "../numbers.js";
import { stackCases } from "./stack-cases.mjs";

setDefaultBackend(cpu());
ort.env.wasm.numThreads = 1;
beforeEach(() => manualSeed(3));

describe("a stack in ONNX Runtime Web equals eager layers", () => {
  const cases = stackCases({ kinds: ["relu", "lstm", "projected", "gru"] }).filter(({ numLayers }) => numLayers === 2);
  test.each(cases)("$name", async ({ model, options, sizes, feeds, expected }) => {
    const session = await ort.InferenceSession.create(await exportOnnx(model, options), { logSeverityLevel: 3 });
    for (const [time, batch] of sizes) {
      const given = feeds(time, batch);
      const inputs = Object.entries(given).map(
        ([name, x]) => [name, new ort.Tensor(x.dtype, x.dataSync(), [...x.shape])] as const,
      );
      const results = await session.run(Object.fromEntries(inputs));
      for (const [name, y] of Object.entries(expected(given))) {
        expect(results[name].dims).toEqual(y.shape);
        expectClose(results[name].data as Float32Array, y.dataSync(), 1e-5);
      }
    }
    await session.release();
  });
});
