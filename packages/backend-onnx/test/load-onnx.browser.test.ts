import { BackendError, FormatError } from "@unrolled/backend";
import { loadOnnx, type OnnxSession, onnxRuntime, type Provider } from "@unrolled/backend-onnx";
import { describe, expect, test } from "vitest";
import { GraphMaker } from "../../onnx/test/graph-maker.js";
import { expectClose, random } from "../../onnx/test/numbers.js";
import { f32 } from "../../onnx/test/values.js";
import { lstmModel } from "./models.js";

const file = new URL("../../onnx/test/import/models/lstm.onnx", import.meta.url);
const adapter = (await navigator.gpu?.requestAdapter()) ?? null;
if (!adapter) console.warn("Skipped, as this browser has no WebGPU adapter: the provider webgpu");
const here: Provider[] = adapter ? ["wasm", "webgpu"] : ["wasm"];

describe.each(here)("in a page, on %s", (provider) => {
  const load = (source: Uint8Array | URL | string): Promise<OnnxSession> => loadOnnx(source, { provider, threads: 1 });

  test("a file is fetched and run", async () => {
    await using session = await load(file);
    expect(session.provider).toBe(provider);
    expect(session.inputs[0].shape).toEqual(["time", "batch", 3]);
    const x = random([4, 2, 3], 5);
    const { y } = await session.run({ x });
    expect(y.shape).toEqual([4, 2, 2]);
    const target = new Float32Array(y.data.length);
    await session.run({ x }, { fetches: { y: target } });
    expect(target).toEqual(y.data);
  });

  test("step by step equals the whole sequence", async () => {
    await using session = await load(lstmModel());
    const [time, batch] = [5, 2];
    const x = random([time, batch, 3], 3);
    const zeros = { h: new Float32Array(batch * 4), c: new Float32Array(batch * 4) };
    const whole = (await session.run({ x, ...zeros })).y.data;
    for (let t = 0; t < time; t++) {
      const { y } = await session.step(
        f32([1, batch, 3], Array.from(x.data.slice(t * batch * 3, (t + 1) * batch * 3))),
      );
      expectClose(y.data, whole.slice(t * batch * 4, (t + 1) * batch * 4), 1e-6);
    }
    const saved = await session.readState();
    const next = random([1, batch, 3], 4);
    const { y } = await session.step(next);
    await session.writeState(saved);
    expect((await session.step(next)).y).toEqual(y);
    await session.reset();
    expect(await session.readState()).toEqual({});
  });

  test("sessions side by side do not disturb each other", async () => {
    const x = random([3, 1, 3], 6);
    const sessions = await Promise.all([load(file), load(file), load(file)]);
    const results = await Promise.all([...sessions, ...sessions].map((session) => session.run({ x })));
    for (const { y } of results) expect(y).toEqual(results[0].y);
    await Promise.all(sessions.map((session) => session.dispose()));
  });

  test("the runner takes it too", async () => {
    const g = new GraphMaker();
    const total = g.state("total", [2], Float32Array.of(1, 2));
    const [next] = g.op("add", [total, g.input("x", [2], "float32")], {});
    g.setState("total", next);
    g.output("sum", next);
    const runner = await onnxRuntime({ provider, threads: 1 });
    expect(runner.name).toBe(`onnx-${provider}`);
    const program = await runner.prepare(g.build());
    await program.run({ x: f32([2], [1, 1]) });
    expect((await program.run({ x: f32([2], [1, 1]) })).sum).toEqual(f32([2], [3, 4]));
    await program.dispose();
  });
});

test("of a list, the first that is there is taken", async () => {
  await using session = await loadOnnx(lstmModel(), { provider: ["cpu", "wasm"], threads: 1 });
  expect(session.provider).toBe("wasm");
});

test("a browser without WebGPU says so", async () => {
  const original = Object.getOwnPropertyDescriptor(Navigator.prototype, "gpu");
  Object.defineProperty(Navigator.prototype, "gpu", { value: undefined, configurable: true });
  try {
    const attempt = loadOnnx(lstmModel(), { provider: "webgpu", threads: 1 });
    await expect(attempt).rejects.toBeInstanceOf(BackendError);
    await expect(attempt).rejects.toThrow(/this browser has no WebGPU; use "wasm"/);
  } finally {
    if (original) Object.defineProperty(Navigator.prototype, "gpu", original);
  }
});

test("a page of HTML in place of a file, and a file on disk, are refused", async () => {
  const page = loadOnnx("data:text/html,<!doctype html><title>start</title>", { threads: 1 });
  await expect(page).rejects.toBeInstanceOf(FormatError);
  await expect(page).rejects.toThrow(/a page of HTML/);
  await expect(loadOnnx("no-such-file.onnx", { threads: 1 })).rejects.toThrow(/no-such-file.onnx answers 404/);
  await expect(loadOnnx("file:///model.onnx", { threads: 1 })).rejects.toThrow(/a page cannot read/);
});
