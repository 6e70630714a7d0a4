import type { Graph } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { interpreter } from "@unrolled/core";
import { expect } from "vitest";
import { expectClose } from "../numbers.js";
import { runOnce } from "../ort.js";
import type { Host } from "../values.js";

const tolerances: Readonly<Record<string, number>> = { float32: 1e-5, float64: 1e-10 };

/** Runs a graph in ONNX Runtime and on the CPU; every output must agree. */
export async function expectSameAsInterpreter(graph: Graph, inputs: Readonly<Record<string, Host>>): Promise<void> {
  const program = await interpreter(cpu()).prepare(graph);
  const expected = await program.run(inputs);
  const actual = await runOnce(graph, inputs);
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { data, shape, dtype }] of Object.entries(expected)) {
    expect([name, ...actual[name].shape]).toEqual([name, ...shape]);
    expectClose(actual[name].data, data, tolerances[dtype]);
  }
}
