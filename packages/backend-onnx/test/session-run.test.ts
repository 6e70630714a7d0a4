import { readFileSync } from "node:fs";
import { ArgumentError, BackendError, DTypeError, ShapeError } from "@unrolled/backend";
import { type InputValue, loadOnnx, type OnnxSession, type Provider } from "@unrolled/backend-onnx";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FileType, info, model, node } from "../../onnx/test/import/model-maker.js";
import { random } from "../../onnx/test/numbers.js";
import { f32, host } from "../../onnx/test/values.js";
import { addModel, lstmModel } from "./models.js";

const read = (name: string): Uint8Array =>
  readFileSync(new URL(`../../onnx/test/import/models/${name}.onnx`, import.meta.url));

async function expectRefusal(attempt: Promise<unknown>, kind: unknown, message: RegExp): Promise<void> {
  await expect(attempt).rejects.toBeInstanceOf(kind);
  await expect(attempt).rejects.toThrow(message);
}

const identity = (type: FileType | number): Uint8Array => {
  const elemType = typeof type === "number" ? type : undefined;
  const value = (name: string): ReturnType<typeof info> =>
    elemType === undefined
      ? info(name, ["n"], type as FileType)
      : ({
          name,
          type: { value: { case: "tensorType", value: { ...info("", ["n"])?.type?.value?.value, elemType } } },
        } as never);
  return model({ node: [node("Identity", ["x"], ["y"])], input: [value("x")], output: [value("y")] });
};

describe.each<Provider>(["cpu", "wasm"])("run on %s", (provider) => {
  const load = (source: Uint8Array): Promise<OnnxSession> => loadOnnx(source, { provider, threads: 1 });
  let lstm: OnnxSession;
  beforeAll(async () => {
    lstm = await load(lstmModel());
  });
  afterAll(() => lstm.dispose());

  test("takes host tensors, arrays and nested lists alike", async () => {
    const x = random([2, 1, 3], 8);
    const [h, c] = [random([1, 1, 4], 9), random([1, 1, 4], 10)];
    const expected = (await lstm.run({ x, h, c })).y;
    expect(expected.shape).toEqual([2, 1, 1, 4]);
    const rows = [Array.from(x.data.subarray(0, 3)), Array.from(x.data.subarray(3))];
    const nested: InputValue = rows.map((row) => [row]);
    expect((await lstm.run({ x: nested, h, c })).y).toEqual(expected);
    // h and c, with the state's sizes known from x, as arrays alone; and x, whose batch is known from h
    expect((await lstm.run({ x, h: h.data, c: c.data })).y).toEqual(expected);
    expect((await lstm.run({ x: x.data, h, c: c.data })).y).toEqual(expected);
  });

  test("files of PyTorch run, words with int64 included", async () => {
    await using words = await load(read("words"));
    const { y, choice } = await words.run({ x: host("int32", [1, 4], [1, 0, 3, 2]) });
    expect([choice.dtype, choice.shape]).toEqual(["int32", [1]]);
    const largest = y.data.indexOf(Math.max(...y.data));
    expect(choice.data[0]).toBe(largest);
    for (const x of [[[1, 0, 3, 2]], [[1n, 0n, 3n, 2n]], { data: BigInt64Array.of(1n, 0n, 3n, 2n), shape: [1, 4] }]) {
      expect((await words.run({ x })).y).toEqual(y);
    }
  });

  test("refuses inputs by name, with the shapes and the remedy", async () => {
    const [x, h, c] = [f32([1, 1, 3], [1, 2, 3]), f32([1, 1, 4], [1, 2, 3, 4]), f32([1, 1, 4], [1, 2, 3, 4])];
    const refuse = (change: Record<string, unknown>, kind: unknown, message: RegExp): Promise<void> =>
      expectRefusal(lstm.run({ x, h, c, ...change } as never), kind, message);
    await refuse({ z: x }, ArgumentError, /"z" does not exist; the inputs are "x" float32 \[time, batch, 3\]/);
    await expectRefusal(lstm.run({ x, h }), ArgumentError, /input "c" is missing/);
    await refuse({ x: f32([1, 1, 2], [1, 2]) }, ShapeError, /input "x" must be \[time, batch, 3\], got \[1, 1, 2\]/);
    await refuse({ x: f32([3], [1, 2, 3]) }, ShapeError, /got \[3\]/);
    await refuse(
      { x: f32([1, 2, 3], [1, 2, 3, 4, 5, 6]) },
      ShapeError,
      /input "h" .* \[1, 1, 4\], but input "x" has batch = 2/,
    );
    await refuse({ x: f32([1, 1, 3], [1]) }, ShapeError, /holds 1 elements; give 3/);
    await refuse({ x: host("float64", [1, 1, 3], [1, 2, 3]) }, DTypeError, /"x" must be float32, got float64/);
    await refuse(
      { x: { data: Int32Array.of(1, 2, 3), shape: [1, 1, 3] } },
      DTypeError,
      /Int32Array; give a Float32Array/,
    );
    await refuse(
      { x: Float32Array.of(1, 2, 3, 4) },
      ShapeError,
      /4 elements, but is \[time, batch, 3\]; .* multiple of 3/,
    );
    await refuse({ h: Float32Array.of(1) }, ShapeError, /"h" has 1 elements, but is \[1, batch, 4\]; give 4/);
    await refuse({ x: [[[1, 2, 3]], [[1, 2]]] }, ShapeError, /lists of input "x" differ in length at depth 2/);
    await refuse({ x: [[[1, 2, "3"]]] }, DTypeError, /holds string 3/);
    await refuse({ x: "text" }, ArgumentError, /input "x" is string/);
    await expectRefusal(lstm.run({ x, h, c }, { fetch: ["y"] } as never), ArgumentError, /unknown option fetch/);
  });

  test("an array alone whose sizes nothing tells needs a shape", async () => {
    await using session = await load(addModel(["p", "q"], ["r", "s"], ["p", "q"]));
    const attempt = session.run({ a: new Float32Array(4), b: new Float32Array(4) });
    await expectRefusal(attempt, ShapeError, /input "a" is \[p, q\]: .* give \{ data, shape \} or nested lists/);
  });

  test("whole numbers of any width go in and come out", async () => {
    const types = { uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, int64: 7, uint32: 12, uint64: 13 };
    for (const [name, number] of Object.entries(types)) {
      await using session = await load(identity(number));
      expect(session.inputs[0].dtype).toBe(name);
      const { y } = await session.run({ x: [0, 1, 127] });
      expect(y).toEqual(host("int32", [3], [0, 1, 127]));
      expect((await session.run({ x: Int32Array.of(5) })).y).toEqual(host("int32", [1], [5]));
      await expectRefusal(session.run({ x: [1.5] }), DTypeError, new RegExp(`is ${name}, but holds 1.5`));
      await expectRefusal(session.run({ x: Float32Array.of(1) }), DTypeError, /Float32Array; give an Int32Array/);
      if (name.startsWith("u")) await expectRefusal(session.run({ x: [-1] }), DTypeError, /holds -1; .* from 0/);
    }
  });

  test("int64 beyond int32 comes as float64, beyond 2^53 not at all", async () => {
    await using session = await load(identity("int64"));
    expect((await session.run({ x: [2 ** 40, -1] })).y).toEqual(host("float64", [2], [2 ** 40, -1]));
    await expectRefusal(session.run({ x: [2n ** 60n] }), DTypeError, /output "y" holds 1152921504606846976/);
    await expectRefusal(session.run({ x: [2n ** 63n] }), DTypeError, /input "x" is int64, but holds/);
  });

  test("float16, float64 and bool", async () => {
    await using half = await load(identity("float16"));
    const values = [1, -0.333251953125, 65504, 2 ** -24, Number.POSITIVE_INFINITY, 1.0009765625];
    expect((await half.run({ x: values })).y).toEqual(f32([6], values));
    expect((await half.run({ x: Float32Array.of(1 / 3, 70000, 2049, 1e-9) })).y.data).toEqual(
      Float32Array.of(0.333251953125, Number.POSITIVE_INFINITY, 2048, 0),
    );
    await using double = await load(identity("float64"));
    expect((await double.run({ x: [0.1] })).y).toEqual(host("float64", [1], [0.1]));
    await using bool = await load(identity("bool"));
    expect((await bool.run({ x: [true, false, 1] })).y).toEqual(host("bool", [3], [1, 0, 1]));
    await expectRefusal(bool.run({ x: [2] }), DTypeError, /give true and false/);
  });

  test("fetches choose outputs and fill arrays", async () => {
    const state = { h: new Float32Array(4), c: new Float32Array(4) };
    const inputs = { x: random([2, 1, 3], 8), ...state };
    const expected = await lstm.run(inputs);
    expect(Object.keys(await lstm.run(inputs, { fetches: ["h.next", "y"] }))).toEqual(["h.next", "y"]);
    const y = new Float32Array(8);
    const h = f32([1, 1, 4], [0, 0, 0, 0]);
    const results = await lstm.run(inputs, { fetches: { y, "h.next": h, "c.next": null } });
    expect(results.y.data).toBe(y);
    expect(results.y).toEqual(expected.y);
    expect(results["h.next"].data).toBe(h.data);
    expect(results).toEqual(expected);
    expect(y.some((value) => value !== 0)).toBe(true);
  });

  test("fetches convert and are checked", async () => {
    const inputs = { x: random([2, 1, 3], 8), h: new Float32Array(4), c: new Float32Array(4) };
    const refuse = (fetches: unknown, kind: unknown, message: RegExp): Promise<void> =>
      expectRefusal(lstm.run(inputs, { fetches } as never), kind, message);
    await refuse(
      { y: new Float32Array(7) },
      ShapeError,
      /output "y" is \[2, 1, 1, 4\], fetches.y has 7 elements; give 8/,
    );
    await refuse({ y: new Float64Array(8) }, DTypeError, /"y" comes as float32, fetches.y is a Float64Array/);
    await refuse({ z: null }, ArgumentError, /output "z" does not exist; the outputs are "y"/);
    await refuse({}, ArgumentError, /fetches is empty/);
    await refuse({ y: 3 }, ArgumentError, /fetches.y is no array/);
    await using ids = await load(identity("int64"));
    const [narrow, wide] = [new Int32Array(2), new Float64Array(2)];
    await ids.run({ x: [3, 4] }, { fetches: { y: narrow } });
    await ids.run({ x: [3, 4] }, { fetches: { y: wide } });
    expect([narrow, wide]).toEqual([Int32Array.of(3, 4), Float64Array.of(3, 4)]);
  });

  test("an output whose shape the file does not tell fills arrays too", async () => {
    await using last = await load(read("last"));
    const x = random([2, 5, 3], 4);
    const { flat } = await last.run({ x });
    const target = new Float32Array(flat.data.length);
    const filled = await last.run({ x }, { fetches: { flat: target } });
    expect(filled.flat).toEqual(flat);
    expect(filled.flat.data).toBe(target);
  });

  test("runs that overlap, and failures among them, keep apart", async () => {
    await using session = await load(addModel(["n"], [], ["n"]));
    const run = (a: number): Promise<number> => session.run({ a: [a], b: 1 }).then(({ y }) => y.data[0]);
    const results = await Promise.allSettled([run(1), session.run({}), run(2), run(3)]);
    expect(results.map((result) => (result.status === "fulfilled" ? result.value : "failed"))).toEqual([
      2,
      "failed",
      3,
      4,
    ]);
  });

  test("what ONNX Runtime refuses at run time is a BackendError", async () => {
    await using session = await load(addModel(["n"], ["m"], ["n"]));
    await expectRefusal(session.run({ a: [1, 2], b: [1, 2, 3] }), BackendError, /ONNX Runtime fails/);
    expect((await session.run({ a: [1, 2], b: [1, 2] })).y.data).toEqual(Float32Array.of(2, 4));
  });

  test("dispose waits for calls under way; later ones are BackendErrors", async () => {
    const session = await load(addModel(["n"], [], ["n"]));
    const underWay = session.run({ a: [1], b: 1 });
    await Promise.all([session.dispose(), session.dispose()]);
    expect((await underWay).y.data[0]).toBe(2);
    await expectRefusal(
      session.run({ a: [1], b: 1 }),
      BackendError,
      /run: the session is disposed; load the model again/,
    );
    await expectRefusal(session.reset(), BackendError, /disposed/);
  });
});
