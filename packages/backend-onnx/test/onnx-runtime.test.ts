import {
  ArgumentError,
  BackendError,
  DTypeError,
  type Graph,
  GraphError,
  type HostTensor,
  type Runner,
  ShapeError,
} from "@unrolled/backend";
import { onnxRuntime, type Provider } from "@unrolled/backend-onnx";
import { beforeAll, describe, expect, test } from "vitest";
import { GraphMaker } from "../../onnx/test/graph-maker.js";
import { f32, host } from "../../onnx/test/values.js";
import { loadPeer } from "../src/load-peer.js";

/** w' = w - lr gradient, with momentum 0.5; the output is the sum of w'. */
function sgdGraph(): Graph {
  const g = new GraphMaker();
  const w = g.state("w", [2], Float32Array.of(1, 2));
  const buffer = g.state("buffer", [2], new Float32Array(2));
  const gradient = g.input("gradient", [2], "float32");
  const lr = g.input("lr", [], "float32");
  const attrs = { momentum: 0.5, nesterov: false, weightDecay: 0, maximize: false };
  const [nextW, nextBuffer] = g.op("sgdStep", [w, gradient, buffer, lr, null], attrs);
  g.setState("w", nextW);
  g.setState("buffer", nextBuffer);
  g.output("sum", g.op("sum", [nextW], { axes: [0], keepDims: false })[0]);
  return g.build("step");
}

const step = (a: number, b: number): Record<string, HostTensor> => ({
  gradient: f32([2], [a, b]),
  lr: f32([], [0.5]),
});

describe.each<Provider>(["cpu", "wasm"])("on %s", (provider) => {
  let runner: Runner;
  beforeAll(async () => {
    runner = await onnxRuntime({ provider, threads: 1 });
  });

  test("is named after its provider", () => {
    expect([runner.contract, runner.name]).toEqual(["v1", `onnx-${provider}`]);
  });

  test("carries the state from run to run", async () => {
    const program = await runner.prepare(sgdGraph());
    expect((await program.readState()).w).toEqual(f32([2], [1, 2]));
    const sums: number[] = [];
    for (let i = 0; i < 3; i++) sums.push((await program.run(step(1, -1))).sum.data[0]);
    expect(sums).toEqual([3, 3, 3]);
    const state = await program.readState();
    // buffers 1, 1.5, 1.75; w moves by half of each
    expect(state.buffer).toEqual(f32([2], [1.75, -1.75]));
    expect(state.w).toEqual(f32([2], [1 - 2.125, 2 + 2.125]));
    await program.dispose();
  });

  test("what readState returns is the caller's, and so are the initial elements", async () => {
    const graph = sgdGraph();
    const program = await runner.prepare(graph);
    graph.state[0].initial.fill(9);
    (await program.readState()).w.data.fill(9);
    expect((await program.readState()).w.data).toEqual(Float32Array.of(1, 2));
    await program.dispose();
  });

  test("programs of one graph have states of their own", async () => {
    const [one, other] = [await runner.prepare(sgdGraph()), await runner.prepare(sgdGraph())];
    await one.run(step(1, 1));
    expect((await other.readState()).w.data).toEqual(Float32Array.of(1, 2));
    await Promise.all([one.dispose(), other.dispose()]);
  });

  test("runs that overlap queue up, and a failed one leaves the state", async () => {
    const program = await runner.prepare(sgdGraph());
    const runs = [program.run(step(1, 0)), program.run({}), program.run(step(1, 0)), program.run(step(1, 0))];
    const results = await Promise.allSettled(runs);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect((await program.readState()).w.data[0]).toBe(1 - 2.125);
    await program.dispose();
  });

  test("refuses inputs by name", async () => {
    const program = await runner.prepare(sgdGraph());
    const refuse = async (change: object, kind: unknown, message: RegExp): Promise<void> => {
      const attempt = program.run({ ...step(1, 1), ...change });
      await expect(attempt).rejects.toBeInstanceOf(kind);
      await expect(attempt).rejects.toThrow(message);
    };
    await refuse({ rate: f32([], [1]) }, ArgumentError, /"rate" does not exist; .*"gradient", "lr"/);
    await refuse({ gradient: f32([3], [1, 2, 3]) }, ShapeError, /"gradient" must be \[2\], got \[3\]/);
    await refuse({ gradient: host("float64", [2], [1, 2]) }, DTypeError, /"gradient" must be float32, got float64/);
    await refuse({ gradient: { ...f32([2], [1, 2]), data: Int32Array.of(1, 2) } }, DTypeError, /Int32Array/);
    await refuse({ gradient: f32([2], [1]) }, ShapeError, /holds 1 elements; give 2/);
    await expect(program.run({ lr: f32([], [1]) })).rejects.toThrow(/"gradient" is missing/);
    await program.dispose();
  });

  test("an index out of range is a BackendError, and the program goes on", async () => {
    const g = new GraphMaker();
    const index = g.input("index", [1], "int32");
    const x = g.constant(Float32Array.of(1, 2), [2], "float32");
    g.output("y", g.op("gather", [x, index], { axis: 0 })[0]);
    const program = await runner.prepare(g.build("lookup"));
    const attempt = program.run({ index: host("int32", [1], [5]) });
    await expect(attempt).rejects.toBeInstanceOf(BackendError);
    await expect(attempt).rejects.toThrow(/graph "lookup" failed/);
    expect((await program.run({ index: host("int32", [1], [1]) })).y.data).toEqual(Float32Array.of(2));
    await program.dispose();
  });

  test("is gone after dispose, which waits for runs under way", async () => {
    const program = await runner.prepare(sgdGraph());
    const underWay = program.run(step(2, 2));
    await Promise.all([program.dispose(), program.dispose()]);
    expect((await underWay).sum.data[0]).toBe(1);
    await expect(program.run(step(1, 1))).rejects.toBeInstanceOf(BackendError);
    await expect(program.readState()).rejects.toThrow(/readState on a disposed program/);
  });

  test("every dtype and rank goes in and comes out", async () => {
    const inputs: Record<string, HostTensor> = {
      f: f32([], [1.5]),
      d: host("float64", [2], [0.1, 0.2]),
      i: host("int32", [1, 2], [3, -4]),
      b: host("bool", [2, 1], [1, 0]),
      none: f32([0, 3], []),
    };
    const g = new GraphMaker();
    for (const [name, { shape, dtype }] of Object.entries(inputs)) g.output(`${name}.out`, g.input(name, shape, dtype));
    const program = await runner.prepare(g.build());
    const outputs = await program.run(inputs);
    for (const [name, tensor] of Object.entries(inputs)) expect(outputs[`${name}.out`]).toEqual(tensor);
    await program.dispose();
  });

  test("a state that does not come back as it went in is refused", async () => {
    const g = new GraphMaker();
    const w = g.state("w", [2], new Float32Array(2));
    g.setState("w", g.op("sum", [w], { axes: [0], keepDims: false })[0]);
    await expect(runner.prepare(g.build())).rejects.toBeInstanceOf(GraphError);
    const h = new GraphMaker();
    h.state("w", [2], new Float32Array(3));
    await expect(runner.prepare(h.build())).rejects.toThrow(/3 elements/);
  });
});

describe("options", () => {
  test("default to onnxruntime-node in Node", async () => {
    expect((await onnxRuntime()).name).toBe("onnx-cpu");
  });

  test("that do not exist are refused", async () => {
    await expect(onnxRuntime({ threads: 0 })).rejects.toBeInstanceOf(ArgumentError);
    await expect(onnxRuntime({ threads: 1.5 })).rejects.toThrow(/threads 1.5/);
    await expect(onnxRuntime({ provider: "cuda" as Provider })).rejects.toThrow(/"cuda"; use one of cpu, wasm, webgpu/);
  });

  test("another number of threads for wasm is refused, as ONNX Runtime would ignore it", async () => {
    await onnxRuntime({ provider: "wasm", threads: 1 });
    await expect(onnxRuntime({ provider: "wasm", threads: 2 })).rejects.toBeInstanceOf(BackendError);
  });

  test("a missing package is named with its install line", async () => {
    const attempt = loadPeer("onnxRuntime", "onnxruntime-node", () => Promise.reject(new Error("Cannot find package")));
    await expect(attempt).rejects.toBeInstanceOf(BackendError);
    await expect(attempt).rejects.toThrow(/npm install onnxruntime-node/);
  });
});
