import { ArgumentError, BackendError, DTypeError, FormatError, ShapeError } from "@unrolled/backend";
import { loadOnnx, type OnnxSession, type Provider } from "@unrolled/backend-onnx";
import { graphToOnnx } from "@unrolled/onnx";
import { beforeAll, describe, expect, test } from "vitest";
import { GraphMaker } from "../../onnx/test/graph-maker.js";
import { info, model, node } from "../../onnx/test/import/model-maker.js";
import { expectClose, random } from "../../onnx/test/numbers.js";
import { f32 } from "../../onnx/test/values.js";
import { lstmModel } from "./models.js";

async function expectRefusal(attempt: Promise<unknown>, kind: unknown, message: RegExp): Promise<void> {
  await expect(attempt).rejects.toBeInstanceOf(kind);
  await expect(attempt).rejects.toThrow(message);
}

describe.each<Provider>(["cpu", "wasm"])("step on %s", (provider) => {
  const [time, batch] = [7, 2];
  const x = random([time, batch, 3], 3);
  const at = (t: number, width = batch): ReturnType<typeof f32> =>
    f32([1, width, 3], Array.from(x.data.subarray(t * batch * 3, t * batch * 3 + width * 3)));
  const load = (options = {}): Promise<OnnxSession> => loadOnnx(lstmModel(), { provider, threads: 1, ...options });
  let whole: Awaited<ReturnType<OnnxSession["run"]>>;

  beforeAll(async () => {
    await using session = await load();
    const zeros = { h: new Float32Array(batch * 4), c: new Float32Array(batch * 4) };
    whole = await session.run({ x, ...zeros });
  });

  const expectStep = (actual: Awaited<ReturnType<OnnxSession["step"]>>, t: number): void => {
    expect(Object.keys(actual)).toEqual(["y"]);
    expect(actual.y.shape).toEqual([1, 1, batch, 4]);
    expectClose(actual.y.data, whole.y.data.slice(t * batch * 4, (t + 1) * batch * 4), 1e-6);
  };

  test("step by step equals the whole sequence, and again after reset", async () => {
    await using session = await load();
    expect(session.state).toEqual([
      { input: "h", output: "h.next" },
      { input: "c", output: "c.next" },
    ]);
    expect(await session.readState()).toEqual({});
    for (let pass = 0; pass < 2; pass++) {
      for (let t = 0; t < time; t++) expectStep(await session.step({ x: at(t) }), t);
      const { h, c } = await session.readState();
      expect(h.shape).toEqual([1, batch, 4]);
      expectClose(h.data, whole["h.next"].data, 1e-6);
      expectClose(c.data, whole["c.next"].data, 1e-6);
      await session.reset();
    }
  });

  test("pieces of several steps, given alone and without waiting, equal the whole", async () => {
    await using session = await load();
    const steps = [at(0), at(1).data, at(2)].map((value) => session.step(value));
    // the batch of an array alone is not known before the first step, but it is after it
    (await Promise.all(steps)).forEach(expectStep);
    const rest = await session.step(x.data.subarray(3 * batch * 3));
    expectClose(rest.y.data, whole.y.data.slice(3 * batch * 4), 1e-6);
  });

  test("a state is saved, restored, and the caller's own", async () => {
    await using session = await load();
    await session.step(at(0));
    const saved = await session.readState();
    expectStep(await session.step(at(1)), 1);
    await session.step(at(2));
    await session.writeState(saved);
    saved.h.data.fill(9);
    expectStep(await session.step(at(1)), 1);
    expect((await session.readState()).h.data).not.toEqual(saved.h.data);
    await session.writeState({});
    expectStep(await session.step(at(0)), 0);
  });

  test("fetches fill arrays, and what was returned stays as it was", async () => {
    await using session = await load();
    const y = new Float32Array(batch * 4);
    for (let t = 0; t < time; t++) {
      const result = await session.step(at(t), { fetches: { y } });
      expect(result.y.data).toBe(y);
      expectStep(result, t);
    }
    await session.reset();
    const results = [];
    for (let t = 0; t < time; t++) results.push(await session.step(at(t)));
    results.forEach(expectStep);
  });

  test("another batch midway is refused, and the stream goes on", async () => {
    await using session = await load();
    expectStep(await session.step(at(0)), 0);
    await expectRefusal(
      session.step(at(1, 1)),
      ShapeError,
      /got \[1, 1, 3\], but state "h" has batch = 2; .*reset\(\)/,
    );
    await expectRefusal(session.step({}), ArgumentError, /"x" is missing/);
    await expectRefusal(session.step({ x: at(1), h: at(1) }), ArgumentError, /"h" does not exist/);
    expectStep(await session.step(at(1)), 1);
    await session.reset();
    expect((await session.step(at(0, 1))).y.shape).toEqual([1, 1, 1, 4]);
  });

  test("a state that does not fit is refused, all or nothing", async () => {
    await using session = await load();
    const [h, c] = [f32([1, 2, 4], new Array(8).fill(1)), f32([1, 3, 4], new Array(12).fill(1))];
    await expectRefusal(session.writeState({ h }), ArgumentError, /"c" is missing or no state; give "h", "c"/);
    await expectRefusal(session.writeState({ h, c }), ShapeError, /state "c" must be .* but state "h" has batch = 2/);
    const doubles = { data: new Float64Array(8), shape: [1, 2, 4], dtype: "float64" } as const;
    await expectRefusal(session.writeState({ h, c: doubles }), DTypeError, /state "c" must be float32/);
    expect(await session.readState()).toEqual({});
  });

  test("graphs with state stream as the exporter writes them", async () => {
    const g = new GraphMaker();
    const total = g.state("total", [2], new Float32Array(2));
    const [next] = g.op("add", [total, g.input("x", [2], "float32")], {});
    g.setState("total", next);
    g.output("sum", next);
    await using session = await loadOnnx(graphToOnnx(g.build()), { provider, threads: 1 });
    await session.step([1, 2]);
    expect((await session.step([1, 2])).sum).toEqual(f32([2], [2, 4]));
    expect(await session.readState()).toEqual({ total: f32([2], [2, 4]) });
  });

  test("a file of another tool streams by the option state", async () => {
    const foreign = lstmModel([]);
    await using plain = await loadOnnx(foreign, { provider, threads: 1 });
    await expectRefusal(plain.step(at(0)), BackendError, /the model has no state; .*state: \{ h0: "hn" \}/);
    const state = { h: "h.next", c: "c.next" };
    await using session = await loadOnnx(foreign, { state, provider, threads: 1 });
    for (let t = 0; t < time; t++) expectStep(await session.step(at(t)), t);
  });
});

describe("links that do not fit", () => {
  test.each([
    ["no JSON", "{", FormatError, /is no JSON/],
    ["no list", { input: "h" }, FormatError, /is no list of \{ input, output \}/],
    ["no names", [{ input: 1, output: "y" }], FormatError, /is no list/],
    ["no input", [{ input: "z", output: "y" }], ArgumentError, /no input "z"; the inputs are x, h, c/],
    ["no output", [{ input: "h", output: "z" }], ArgumentError, /no output "z"/],
    [
      "twice",
      [
        { input: "h", output: "h.next" },
        { input: "h", output: "c.next" },
      ],
      ArgumentError,
      /"h" twice/,
    ],
  ])("%s", async (_, metadata, kind, message) => {
    await expectRefusal(loadOnnx(lstmModel(metadata)), kind, message);
  });

  test("of two dtypes", async () => {
    const cast = model({
      node: [node("Cast", ["h"], ["y"], { to: 7 })],
      input: [info("h", [1])],
      output: [info("y", [1], "int64")],
    });
    await expectRefusal(loadOnnx(cast, { state: { h: "y" } }), DTypeError, /"h" is float32, output "y" int64/);
  });

  test("a state that comes out in another shape", async () => {
    await using session = await loadOnnx(lstmModel([{ input: "h", output: "y" }]));
    const inputs = { x: f32([2, 1, 3], [1, 2, 3, 4, 5, 6]), c: f32([1, 1, 4], [0, 0, 0, 0]) };
    await expectRefusal(session.step(inputs), ShapeError, /output "y" is float32 \[2, 1, 1, 4\], the state "h"/);
  });

  test("sizes that the inputs do not tell need a first state", async () => {
    await using session = await loadOnnx(lstmModel(undefined, [1, "rows", 4]));
    const x = f32([1, 1, 3], [1, 2, 3]);
    await expectRefusal(session.step(x), ShapeError, /state "h" is \[1, rows, 4\].*writeState/);
    const zeros = f32([1, 1, 4], [0, 0, 0, 0]);
    await session.writeState({ h: zeros, c: zeros });
    expect((await session.step(x)).y.shape).toEqual([1, 1, 1, 4]);
  });
});
