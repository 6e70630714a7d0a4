import type { Graph, GraphValue } from "@unrolled/backend";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import type { Host } from "../values.js";
import { B, example, expectSameTraining, fixedSizes, namedSizes, T, traceStack } from "./stack.js";

/** The same step once for each of several batches, in one run. */
function overBatches(graph: Graph, batches: number): Graph {
  let id = 1e6;
  const outer = ({ shape, dtype }: GraphValue, stacked: boolean): GraphValue => ({
    id: id++,
    shape: stacked ? [batches, ...shape] : shape,
    dtype,
  });
  const inputs = graph.inputs.map(({ name, value }) => ({ name, value: outer(value, true) }));
  const outputs = graph.outputs.map(({ name, value }) => ({ name, value: outer(value, true) }));
  const state = graph.state.map((s) => ({ ...s, input: outer(s.input, false), output: outer(s.output, false) }));
  const body = {
    states: graph.state.map(({ input }) => input),
    slices: graph.inputs.map(({ value }) => value),
    nodes: graph.nodes,
    nextStates: graph.state.map(({ output }) => output),
    results: graph.outputs.map(({ value }) => value),
  };
  const scan = {
    kind: "scan",
    op: "scan",
    reverse: false,
    inputs: [...state.map(({ input }) => input), ...inputs.map(({ value }) => value)],
    outputs: [...state.map(({ output }) => output), ...outputs.map(({ value }) => value)],
    body,
  } as const;
  return { ...graph, inputs, outputs, state, nodes: [scan] };
}

function twice({ data, shape, dtype }: Host): Host {
  const both = data.slice(0, 0);
  const joined = new (both.constructor as new (size: number) => typeof data)(2 * data.length);
  joined.set(data, 0);
  joined.set(data, data.length);
  return { data: joined, shape: [2, ...shape], dtype };
}

describe("a training step of stacked layers in both directions equals the interpreter", () => {
  it("over five steps, with fixed sizes", async () => {
    const graph = await traceStack(fixedSizes);
    expect(graph.nodes.filter(({ kind }) => kind === "backward")).toHaveLength(4);
    await expectSameTraining(graph, ort, new Array<Record<string, Host>>(5).fill(example(T, B)));
  });

  it("for any time and batch, in one file", async () => {
    const runs = [example(T, B), example(1, 1), example(17, 3), example(3, 17), example(T, B)];
    await expectSameTraining(await traceStack(namedSizes), ort, runs);
  });

  it("inside of a scan over batches", async () => {
    const inputs = Object.fromEntries(Object.entries(example(T, B)).map(([name, host]) => [name, twice(host)]));
    await expectSameTraining(overBatches(await traceStack(fixedSizes), 2), ort, [inputs, inputs]);
  });
});
