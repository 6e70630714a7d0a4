import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ArgumentError, BackendError, DTypeError, FormatError } from "@unrolled/backend";
import { type LoadOnnxOptions, loadOnnx, type OnnxSource } from "@unrolled/backend-onnx";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { info, model, node } from "../../onnx/test/import/model-maker.js";
import { addModel, lstmModel } from "./models.js";

const file = new URL("../../onnx/test/import/models/lstm.onnx", import.meta.url);
const bytes = new Uint8Array(readFileSync(file));

async function expectRefusal(
  source: OnnxSource,
  options: LoadOnnxOptions,
  kind: unknown,
  message: RegExp,
): Promise<void> {
  const attempt = loadOnnx(source, options);
  await expect(attempt).rejects.toBeInstanceOf(kind);
  await expect(attempt).rejects.toThrow(message);
}

describe("sources", () => {
  let server: Server;
  let address: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === "/lstm.onnx") response.end(bytes);
      else if (request.url === "/slow.onnx") {
        response.write(bytes.subarray(0, 2000));
        response.end(bytes.subarray(2000));
      } else if (request.url === "/") response.end("<!doctype html><title>start page</title>");
      else response.writeHead(404).end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test("bytes, buffers, paths, file URLs, web addresses and data URLs give the same model", async () => {
    const data = `data:application/octet-stream;base64,${Buffer.from(bytes).toString("base64")}`;
    const sources = [bytes, bytes.slice().buffer, fileURLToPath(file), file, file.href, `${address}/lstm.onnx`, data];
    for (const source of sources) {
      await using session = await loadOnnx(source, { threads: 1 });
      expect(session.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["time", "batch", 3] }]);
    }
  });

  test("what is not there is a BackendError", async () => {
    await expectRefusal("no/such.onnx", {}, BackendError, /there is no file no\/such.onnx/);
    await expectRefusal(fileURLToPath(new URL(".", file)), {}, BackendError, /cannot be read/);
    await expectRefusal(`${address}/none`, {}, BackendError, /\/none answers 404 Not Found; check the address/);
    await expectRefusal("http://127.0.0.1:1/x.onnx", {}, BackendError, /cannot be fetched/);
  });

  test("maxBytes holds for every source, claimed or not", async () => {
    const limit = { maxBytes: 1500 };
    for (const source of [bytes, fileURLToPath(file), `${address}/lstm.onnx`, `${address}/slow.onnx`]) {
      await expectRefusal(source, limit, FormatError, /more than 1500; raise maxBytes/);
    }
    await expectRefusal(bytes, { maxBytes: -1 }, ArgumentError, /maxBytes -1/);
  });

  test("bytes that are no model are told by what they are", async () => {
    await expectRefusal(`${address}/`, {}, FormatError, /a page of HTML/);
    await expectRefusal(new Uint8Array(0), {}, FormatError, /empty/);
    await expectRefusal(Uint8Array.of(80, 75, 3, 4), {}, FormatError, /zip archive, such as torch.save/);
    await expectRefusal(new TextEncoder().encode("version https://git-lfs"), {}, FormatError, /Git LFS pointer/);
    await expectRefusal(Uint8Array.of(8, 0, 0, 0, 79, 82, 84, 77), {}, FormatError, /\.ort format/);
    await expectRefusal(bytes.subarray(0, 1000), {}, FormatError, /no ONNX model/);
    await expectRefusal(new Uint8Array(300).fill(255), {}, FormatError, /no ONNX model/);
    await expectRefusal(null as never, {}, ArgumentError, /source is null/);
  });
});

test("a model that ONNX Runtime refuses is a BackendError with its reason", async () => {
  const odd = model({ node: [node("NoSuchOp", ["a"], ["y"])], input: [info("a", [1])], output: [info("y", [1])] });
  await expectRefusal(odd, {}, BackendError, /refuses the model \(.*NoSuchOp/s);
});

describe("what a session says of its model", () => {
  test("names, dtypes, shapes, metadata, provider", async () => {
    await using session = await loadOnnx(lstmModel(), { provider: ["webgpu", "wasm"], threads: 1 });
    expect(session.inputs.map(({ shape }) => shape)).toEqual([
      ["time", "batch", 3],
      [1, "batch", 4],
      [1, "batch", 4],
    ]);
    expect(session.outputs[0]).toEqual({ name: "y", dtype: "float32", shape: ["time", 1, "batch", 4] });
    expect(session.metadata.author).toBe("test");
    expect(session.provider).toBe("wasm");
  });

  test("sizes without a name and ranks that are not declared are null", async () => {
    await using session = await loadOnnx(addModel(["", 2], null, null, "int64"));
    expect(session.inputs.map(({ dtype, shape }) => [dtype, shape])).toEqual([
      ["int64", [null, 2]],
      ["int64", null],
    ]);
  });

  test("strings and other things that are no numbers are refused by name", async () => {
    const strings = model({
      node: [node("Identity", ["words"], ["y"])],
      input: [{ name: "words", type: { value: { case: "tensorType", value: { elemType: 8, shape: { dim: [] } } } } }],
      output: [{ name: "y", type: { value: { case: "tensorType", value: { elemType: 8, shape: { dim: [] } } } } }],
    });
    await expectRefusal(strings, {}, DTypeError, /input "words" holds STRING/);
  });
});

describe("options", () => {
  test("that do not exist, or say nothing, are refused", async () => {
    await expectRefusal(bytes, { thread: 1 } as never, ArgumentError, /unknown option thread/);
    await expectRefusal(bytes, { graphOptimization: "some" as never }, ArgumentError, /"some"; use one of disabled/);
    await expectRefusal(bytes, { provider: [] }, ArgumentError, /empty list/);
    await expectRefusal(bytes, { dims: { batch: 0 } }, ArgumentError, /dims.batch is 0/);
    await expectRefusal(bytes, { dims: { depth: 1 } }, ArgumentError, /no "depth" of option dims; it has time, batch/);
    await expectRefusal(bytes, { externalData: { w: bytes } }, ArgumentError, /no "w" of option externalData/);
  });

  test("WebGPU is for browsers", async () => {
    await expectRefusal(bytes, { provider: "webgpu" }, BackendError, /browsers only; use "cpu"/);
    await expectRefusal(bytes, { provider: ["webgpu", "webgpu"] }, BackendError, /none of webgpu, webgpu is there/);
  });

  test.each(["disabled", "basic", "extended", "all"] as const)("graph optimisation %s", async (graphOptimization) => {
    await using session = await loadOnnx(bytes, { graphOptimization });
    expect((await session.run({ x: new Float32Array(6) }, {}).catch((error) => error.name)) as unknown).toBe(
      "ShapeError",
    );
    expect((await session.run({ x: { data: new Float32Array(6), shape: [2, 1, 3] } })).y.shape).toEqual([2, 1, 2]);
  });

  test.each(["cpu", "wasm"] as const)("fixed sizes are those of the model, on %s", async (provider) => {
    await using session = await loadOnnx(bytes, { dims: { batch: 2 }, provider, threads: 1 });
    expect(session.inputs[0].shape).toEqual(["time", 2, 3]);
    expect((await session.run({ x: new Float32Array(12) })).y.shape).toEqual([2, 2, 2]);
    await expect(session.run({ x: { data: new Float32Array(3), shape: [1, 1, 3] } })).rejects.toThrow(/time, 2, 3/);
  });
});

describe("weights in other files", () => {
  const external = (location: string, fields: Record<string, string> = {}): Uint8Array =>
    model({
      node: [node("Add", ["a", "w"], ["y"])],
      input: [info("a", [2])],
      output: [info("y", [2])],
      initializer: [
        {
          name: "w",
          dims: [2n],
          dataType: 1,
          dataLocation: 1,
          externalData: Object.entries({ location, ...fields }).map(([key, value]) => ({ key, value })),
        },
      ],
    });
  const weights = new Uint8Array(Float32Array.of(9, 10, 20).buffer);
  const part = { offset: "4", length: "8" };
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "unrolled-onnx-"));
    writeFileSync(join(folder, "model.onnx"), external("model.onnx.data", part));
    writeFileSync(join(folder, "model.onnx.data"), weights);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("are read from beside the model, or given", async () => {
    await using beside = await loadOnnx(join(folder, "model.onnx"));
    expect((await beside.run({ a: [1, 2] })).y.data).toEqual(Float32Array.of(11, 22));
    await using given = await loadOnnx(external("w", part), {
      externalData: { w: weights },
      provider: "wasm",
      threads: 1,
    });
    expect((await given.run({ a: [1, 2] })).y.data).toEqual(Float32Array.of(11, 22));
  });

  test("that are missing, too short, too long or elsewhere are refused", async () => {
    await expectRefusal(external("w"), {}, BackendError, /another file, "w"; give its bytes: externalData/);
    const given = { externalData: { w: weights } };
    await expectRefusal(
      external("w", { ...part, offset: "8" }),
      given,
      FormatError,
      /bytes 8 to 16 of w, which has 12/,
    );
    await expectRefusal(external("w", { offset: "-4" }), given, FormatError, /external offset "-4"/);
    for (const location of ["../w", "/etc/passwd", "a/../../w", "file:///w", "..\\w"]) {
      await expectRefusal(external(location), {}, FormatError, /beside the model or below it/);
    }
    const whole = join(folder, "model.onnx");
    await expectRefusal(whole, { maxBytes: readFileSync(whole).length + 11 }, FormatError, /12 bytes, more than 11/);
  });
});
