import { BackendError, type Graph, ShapeError, type Size } from "@unrolled/backend";
import { loadOnnx, type OnnxSession, onnxRuntime, type Provider } from "@unrolled/backend-onnx";
import { compressOnnx, graphToOnnx } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { GraphMaker } from "../../onnx/test/graph-maker.js";
import { info, model, node } from "../../onnx/test/import/model-maker.js";
import { random } from "../../onnx/test/numbers.js";
import { example, namedSizes, traceStack } from "../../onnx/test/training/stack.js";
import { f32 } from "../../onnx/test/values.js";
import { addModel, lstmModel } from "./models.js";

type Op = "rnnSequence" | "lstmSequence" | "gruSequence";
const gates = { rnnSequence: 1, lstmSequence: 4, gruSequence: 3 };
const [I, H] = [2, 16];

/** One layer over x [T, B, 2]; named sizes where they are texts. */
function layer(op: Op, sizes: readonly [number | string, number | string]): Graph {
  const g = new GraphMaker();
  const [T, B] = sizes.map((size) => (typeof size === "string" ? 3 : size));
  const x = g.input("x", [T, B, I], "float32");
  const h = g.input("h", [B, H], "float32");
  const weight = (shape: number[], seed: number) => g.constant(random(shape, seed).data, shape, "float32");
  const rows = gates[op] * H;
  const weights = [weight([rows, I], 1), weight([rows, H], 2), weight([rows], 3), weight([rows], 4), null];
  const outputs =
    op === "lstmSequence"
      ? g.op(op, [x, h, h, ...weights], { reverse: false })
      : op === "gruSequence"
        ? g.op(op, [x, h, ...weights], { reverse: false, resetAfter: true })
        : g.op(op, [x, h, ...weights], { reverse: false, nonlinearity: "tanh" });
  g.output("y", outputs[0]);
  const graph = g.build(op);
  if (sizes.every((size) => typeof size === "number")) return graph;
  const named = (size: number | string): Size =>
    typeof size === "number" ? size : { terms: [{ coefficient: 1, factors: [size] }] };
  const [time, batch] = sizes.map(named);
  const shapes = new Map<Graph["inputs"][number]["value"], readonly Size[]>([
    [x, [time, batch, I]],
    [h, [batch, H]],
  ]);
  for (const value of outputs) shapes.set(value, value === outputs[0] ? [time, batch, H] : [batch, H]);
  return { ...graph, dims: { sizes: { time: 3, batch: 3 }, shapes, attrs: new Map() } };
}

async function expectRefusal(attempt: Promise<unknown>, kind: unknown, message: RegExp): Promise<void> {
  await expect(attempt).rejects.toBeInstanceOf(kind);
  await expect(attempt).rejects.toThrow(message);
}

const ops: readonly Op[] = ["rnnSequence", "lstmSequence", "gruSequence"];
const opened = ["time", "batch"] as const;

// Without the refusal each of these ends the process (or WebAssembly), or gives stray numbers.
describe.each<Provider>(["cpu", "wasm"])("no elements, on %s", (provider) => {
  const load = (bytes: Uint8Array): Promise<OnnxSession> => loadOnnx(bytes, { provider, threads: 1 });

  test.each(ops.flatMap((op) => (["float32", "float16", "int8"] as const).map((weights) => [op, weights] as const)))(
    "a session of %s with %s weights refuses them, and goes on",
    async (op, weights) => {
      const plain = graphToOnnx(layer(op, opened));
      await using session = await load(weights === "float32" ? plain : compressOnnx(plain, { weights }).bytes);
      const empty = (T: number, B: number) => session.run({ x: random([T, B, I], 1), h: random([B, H], 1) });
      await expectRefusal(empty(7, 0), ShapeError, /run: input "x" \[7, 0, 2\] has no elements, and the model has /);
      await expectRefusal(empty(0, 7), ShapeError, /input "x" \[0, 7, 2\] has no elements/);
      expect((await session.run({ x: random([1, 1, I], 1), h: random([1, H], 1) })).y.shape).toEqual([1, 1, H]);
    },
  );

  test("a step refuses them, and the stream goes on", async () => {
    await using session = await load(lstmModel());
    await expectRefusal(session.step(random([1, 0, 3], 1)), ShapeError, /step: input "x" \[1, 0, 3\] has no elements/);
    expect((await session.step(random([1, 2, 3], 1))).y.shape).toEqual([1, 1, 2, 4]);
  });

  test("nodes in the body of a Scan count", async () => {
    const body = {
      node: [node("GRU", ["part", "W", "R"], ["all"], { hidden_size: 4 })],
      initializer: [
        ["W", [1, 12, 3]],
        ["R", [1, 12, 4]],
      ].map(([name, dims]) => ({
        name: name as string,
        dims: (dims as number[]).map(BigInt),
        dataType: 1,
        floatData: Array.from(random(dims as number[], 1).data),
      })),
      input: [info("part", null)],
      output: [info("all", null)],
    };
    const scan = node("Scan", ["x"], ["y"], { num_scan_inputs: 1, body: { graph: body } });
    const bytes = model({
      node: [scan],
      input: [info("x", [2, "time", "batch", 3])],
      output: [info("y", null)],
    });
    await using session = await load(bytes);
    expect((await session.run({ x: random([2, 3, 1, 3], 1) })).y.shape).toEqual([2, 3, 1, 1, 4]);
    await expectRefusal(
      session.run({ x: random([2, 3, 0, 3], 1) }),
      ShapeError,
      /has no elements, and the model has GRU/,
    );
  });

  test("models without recurrent nodes take them", async () => {
    await using session = await load(addModel(["n"], ["n"], ["n"]));
    expect((await session.run({ a: f32([0], []), b: f32([0], []) })).y.shape).toEqual([0]);
  });

  test.each(ops)("a program of %s refuses named sizes of 0, and goes on", async (op) => {
    const program = await (await onnxRuntime({ provider, threads: 1 })).prepare(layer(op, opened));
    const run = (T: number, B: number) => program.run({ x: random([T, B, I], 1), h: random([B, H], 1) });
    await expectRefusal(run(7, 0), BackendError, /input "x" \[7, 0, 2\] has no elements, and graph "\w+Sequence" has /);
    await expectRefusal(run(0, 7), BackendError, /ONNX Runtime ends the process/);
    expect((await run(2, 5)).y.shape).toEqual([2, 5, H]);
    await program.dispose();
  });

  test.each(ops)("a program of %s for no sequences at all runs, as its file has no such node", async (op) => {
    const program = await (await onnxRuntime({ provider, threads: 1 })).prepare(layer(op, [3, 0]));
    expect((await program.run({ x: f32([3, 0, I], []), h: f32([0, H], []) })).y.shape).toEqual([3, 0, H]);
    await program.dispose();
  });

  test("a training step, which is Scans, survives an empty batch, and learns nothing from it", async () => {
    const program = await (await onnxRuntime({ provider, threads: 1 })).prepare(await traceStack(namedSizes));
    const before = await program.readState();
    // ONNX Runtime may refuse a Reshape in it.
    const [result] = await Promise.allSettled([program.run(example(5, 0))]);
    if (result.status === "fulfilled") expect(result.value.loss.data[0]).toBe(0);
    else expect(result.reason).toBeInstanceOf(BackendError);
    expect(await program.readState()).toEqual(before);
    expect((await program.run(example(5, 3))).loss.data[0]).toBeGreaterThan(0);
    expect(await program.readState()).not.toEqual(before);
    await program.dispose();
  });
});
