import type { DType, Graph, TypedArray } from "@unrolled/backend";
import { type GraphToOnnxOptions, graphToOnnx } from "@unrolled/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Host } from "./values.js";

export async function session(bytes: Uint8Array): Promise<InferenceSession> {
  return await InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
}

/** Exports a graph, runs it once in ONNX Runtime, and returns its outputs, dtype and shape checked by the runtime itself. */
export async function runOnce(
  graph: Graph,
  inputs: Readonly<Record<string, Host>>,
  options?: GraphToOnnxOptions,
): Promise<Record<string, Host>> {
  const running = await session(graphToOnnx(graph, options));
  const feeds: Record<string, Tensor> = {};
  for (const [name, { data, shape, dtype }] of Object.entries(inputs))
    feeds[name] = new Tensor(dtype, data, [...shape]);
  const results = await running.run(feeds);
  const out: Record<string, Host> = {};
  for (const { name, value } of graph.outputs) {
    const tensor = results[name];
    out[name] = { data: tensor.data as TypedArray, shape: tensor.dims, dtype: tensor.type as DType };
    if (tensor.type !== value.dtype) throw new Error(`${name} is ${tensor.type}, the graph says ${value.dtype}`);
  }
  await running.release();
  return out;
}
