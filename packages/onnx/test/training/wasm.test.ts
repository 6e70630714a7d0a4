import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { B, example, expectSameTraining, fixedSizes, namedSizes, type Ort, T, traceStack } from "./stack.js";

/** onnxruntime-web has the interface of onnxruntime-node; the package that runs models in it stands beside this one. */
async function loadWeb(): Promise<Ort> {
  const beside = createRequire(new URL("../../../backend-onnx/package.json", import.meta.url));
  const ort: Ort = await import(pathToFileURL(beside.resolve("onnxruntime-web")).href);
  ort.env.wasm.numThreads = 1;
  return ort;
}

it("a training step equals the interpreter in WebAssembly, with fixed and with named sizes", async () => {
  const ort = await loadWeb();
  expect(Object.keys(ort.env.versions)).not.toContain("node");
  await expectSameTraining(await traceStack(fixedSizes), ort, [example(T, B), example(T, B)]);
  await expectSameTraining(await traceStack(namedSizes), ort, [example(T, B), example(17, 5)]);
});
