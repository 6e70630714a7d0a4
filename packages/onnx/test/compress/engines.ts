import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Feeds } from "../import/round-trip.js";

type Ort = typeof import("onnxruntime-node");

export type EngineName = "node" | "web";

/** Runs a model once; returns its float32 outputs. */
export type Run = (bytes: Uint8Array, feeds: Feeds) => Promise<Record<string, Float32Array>>;

/**
 * onnxruntime-node or onnxruntime-web, one to a test file: both enter their kernels into the same table, where those that
 * come first answer for the other package too.
 */
export async function loadEngine(name: EngineName): Promise<Run> {
  const ort = name === "node" ? await import("onnxruntime-node") : await loadWeb();
  const others = Object.keys(ort.env.versions).filter((engine) => engine !== "common" && engine !== name);
  if (others.length > 0) throw new Error(`onnxruntime-${others.join()} is loaded too, and might run the models`);
  return async (bytes, feeds) => {
    const session = await ort.InferenceSession.create(bytes, {
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
      executionProviders: [name === "node" ? "cpu" : "wasm"],
    });
    const tensors = Object.entries(feeds).map(([input, { data, shape, dtype }]) => [
      input,
      new ort.Tensor(dtype, data, [...shape]),
    ]);
    const results = await session.run(Object.fromEntries(tensors));
    await session.release();
    return Object.fromEntries(Object.entries(results).map(([output, { data }]) => [output, data as Float32Array]));
  };
}

/** onnxruntime-web has the same interface. The package that runs models in it stands beside this one. */
async function loadWeb(): Promise<Ort> {
  const beside = createRequire(new URL("../../../backend-onnx/package.json", import.meta.url));
  const ort: Ort = await import(pathToFileURL(beside.resolve("onnxruntime-web")).href);
  ort.env.wasm.numThreads = 1;
  return ort;
}

/** Largest difference, as a share of the largest magnitude expected. */
export function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.NaN;
  let difference = 0;
  let magnitude = 0;
  expected.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - actual[i]));
    magnitude = Math.max(magnitude, Math.abs(value));
  });
  return difference / magnitude;
}
