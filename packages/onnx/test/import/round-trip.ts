import type { DType, Graph, TypedArray } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { interpreter } from "@unrolled/core";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Host } from "../values.js";

export type Feeds = Readonly<Record<string, Host>>;

/** Runs a graph op by op on the CPU backend. */
export async function interpret(graph: Graph, feeds: Feeds): Promise<Record<string, Host>> {
  const program = await interpreter(cpu()).prepare(graph);
  const out = await program.run(feeds);
  await program.dispose();
  return out;
}

/** Runs a file in ONNX Runtime; int64 goes in and comes out as int32. */
export async function runFile(
  bytes: Uint8Array,
  feeds: Feeds,
  wide: readonly string[] = [],
): Promise<Record<string, Host>> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const tensors = Object.entries(feeds).map(([name, { data, shape, dtype }]): [string, Tensor] => [
    name,
    wide.includes(name)
      ? new Tensor("int64", BigInt64Array.from(Array.from(data), BigInt), [...shape])
      : new Tensor(dtype, data, [...shape]),
  ]);
  const results = await session.run(Object.fromEntries(tensors));
  const hosts = Object.entries(results).map(([name, { data, dims, type }]): [string, Host] => [
    name,
    type === "int64"
      ? { data: Int32Array.from(Array.from(data as BigInt64Array, Number)), shape: dims, dtype: "int32" }
      : { data: data as TypedArray, shape: dims, dtype: type as DType },
  ]);
  await session.release();
  return Object.fromEntries(hosts);
}
