import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError, BackendError, DTypeError, ShapeError } from "@unrolled/backend";
import { tfjs } from "@unrolled/backend-tfjs";
import { describe, expect, test } from "vitest";
import { host, noise, run } from "./harness.js";

describe.each(["cpu", "wasm"] as const)("%s", (engine) => {
  test("counts buffers, and bytes of shared elements once", async () => {
    const backend = await tfjs(engine);
    const meta = { shape: [2, 3], dtype: "float32" } as const;
    const x = backend.upload(new Float32Array(6), [2, 3], "float32");
    expect(backend.memory()).toEqual({ buffers: 1, bytes: 24 });
    const call = { attrs: { shape: [6] }, in: [meta], out: [{ shape: [6], dtype: "float32" }] } as const;
    const [y] = backend.kernels.reshape([x], call);
    expect(backend.memory()).toEqual({ buffers: 2, bytes: 24 });
    backend.free(x);
    expect(backend.memory()).toEqual({ buffers: 1, bytes: 24 });
    expect(backend.readSync(y)).toEqual(new Float32Array(6));
    backend.free(y);
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    await backend.dispose();
  });

  test("a freed buffer and a disposed backend are stale", async () => {
    const backend = await tfjs(engine);
    const meta = { shape: [1], dtype: "float32" } as const;
    const call = { attrs: {}, in: [meta], out: [meta] } as const;
    const x = backend.upload(Float32Array.of(1), [1], "float32");
    const kept = backend.upload(Float32Array.of(1), [1], "float32");
    backend.free(x);
    expect(() => backend.free(x)).toThrow("stale");
    expect(() => backend.kernels.neg([x], call)).toThrow(BackendError);
    expect(() => backend.readSync(x)).toThrow("stale");
    await expect(backend.read(x)).rejects.toThrow("stale");
    await backend.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    expect(() => backend.free(kept)).not.toThrow(); // dispose gave it back; a finaliser may come late
    expect(() => backend.upload(Float32Array.of(1), [1], "float32")).toThrow("disposed");
    expect(() => backend.kernels.neg([kept], call)).toThrow("disposed");
    await backend.dispose();
  });

  test("two backends of one engine have their own names and buffers", async () => {
    const [one, two] = [await tfjs(engine), await tfjs(engine)];
    expect([one.name, two.name]).toEqual([`tfjs-${engine}`, `tfjs-${engine}-2`]);
    const x = one.upload(Float32Array.of(1), [1], "float32");
    expect(() => two.readSync(x)).toThrow(BackendError);
    await two.dispose();
    expect(one.readSync(x)).toEqual(Float32Array.of(1));
    await one.dispose();
    expect((await tfjs(engine)).name).toBe(`tfjs-${engine}`);
  });

  test("host arrays are copied in and out", async () => {
    const backend = await tfjs(engine);
    const data = Float32Array.of(1, 2);
    const x = backend.upload(data, [2], "float32");
    data[0] = 9;
    const read = backend.readSync(x);
    expect(read).toEqual(Float32Array.of(1, 2));
    read[1] = 9;
    expect(await backend.read(x)).toEqual(Float32Array.of(1, 2));
    await backend.dispose();
  });

  test("refuses float64 and arrays that do not fit", async () => {
    const backend = await tfjs(engine);
    expect(backend.capabilities.dtypes.has("float64")).toBe(false);
    expect(() => backend.upload(new Float64Array(1), [1], "float64")).toThrow(DTypeError);
    expect(() => backend.upload(new Int32Array(1), [1], "float32")).toThrow(DTypeError);
    expect(() => backend.upload(new Float32Array(2), [3], "float32")).toThrow(ShapeError);
    for (const nothing of [null, undefined, 1, [1]])
      expect(() => backend.upload(nothing as never, [1], "float32")).toThrow(DTypeError);
    expect(() => backend.upload(new Float32Array(1), null as never, "float32")).toThrow(ShapeError);
    expect(() => run(backend, "fill", [], { shape: [1], value: 0, dtype: "float64" })).toThrow(DTypeError);
    await backend.dispose();
  });

  test("leaves nothing in the engine, also after an error", async () => {
    const backend = await tfjs(engine);
    const ids = (): number => tf.engine().findBackend(engine).numDataIds();
    const before = ids();
    for (let i = 0; i < 3; i++) {
      run(backend, "matmul", [host(noise(600), [20, 30]), host(noise(600), [20, 30])], { transA: false, transB: true });
      run(backend, "argmax", [host(noise(6), [2, 3])], { axis: 1, keepDims: false });
      run(backend, "sum", [host(noise(9000))], { axes: [0], keepDims: false });
    }
    expect(ids()).toBe(before);
    const meta = { shape: [2], dtype: "float32" } as const;
    const indices = backend.upload(Int32Array.of(5), [1], "int32");
    const x = backend.upload(Float32Array.of(1, 2), [2], "float32");
    const call = {
      attrs: { axis: 0 },
      in: [meta, { shape: [1], dtype: "int32" }],
      out: [{ shape: [1], dtype: "float32" }],
    } as const;
    expect(() => backend.kernels.gather([x, indices], call)).toThrow();
    await backend.dispose();
    expect(ids()).toBe(before);
  });
});

test("the user's own TensorFlow.js stays as it is", async () => {
  await tfjs("wasm");
  await tf.setBackend("cpu");
  const backend = await tfjs("wasm");
  expect(tf.getBackend()).toBe("cpu");
  const mine = tf.tensor([1, 2, 3]);
  const before = tf.memory();
  tf.tidy(() => {
    run(backend, "add", [host(noise(6)), host(noise(6))], {});
    backend.upload(Float32Array.of(1), [1], "float32");
  });
  expect(tf.memory()).toEqual(before);
  expect(tf.getBackend()).toBe("cpu");
  expect(backend.memory().buffers).toBe(1);

  const kept = backend.upload(Float32Array.of(4, 5), [2], "float32");
  await tf.setBackend("wasm");
  expect(await tf.add(tf.tensor([1, 2]), 1).data()).toEqual(Float32Array.of(2, 3));
  expect(run(backend, "add", [host([1]), host([2])], {}).values).toEqual([3]);
  expect(backend.readSync(kept)).toEqual(Float32Array.of(4, 5));
  expect(mine.dataSync()).toEqual(Float32Array.of(1, 2, 3));
});

test.each([
  [null, "got null where options go; give an object with any of: wasmPaths"],
  [5, "got number 5 where options go"],
  ["/wasm/", "got string /wasm/ where options go"],
  [{ wasmPath: "/wasm/" }, "unknown option wasmPath; the options are wasmPaths"],
  [{ wasmPaths: 5 }, "wasmPaths is 5; give the folder"],
  [{ wasmPaths: null }, "wasmPaths is null"],
  [{ wasmPaths: "" }, 'wasmPaths is ""'],
  [{ wasmPaths: ["/wasm/"] }, "wasmPaths is an array"],
  [{ wasmPaths: { "simd.wasm": "/a.wasm" } }, "wasmPaths names simd.wasm; give the folder"],
  [
    { wasmPaths: { "tfjs-backend-wasm.wasm": "/a.wasm" } },
    "wasmPaths has no address of tfjs-backend-wasm-simd.wasm, tfjs-backend-wasm-threaded-simd.wasm",
  ],
])("options %j are refused", async (options, message) => {
  const opening = tfjs("wasm", options as never);
  await expect(opening).rejects.toThrow(ArgumentError);
  await expect(opening).rejects.toThrow(message);
});

test("an unknown engine is refused by name", async () => {
  // @ts-expect-error not an engine
  await expect(tfjs("wsam")).rejects.toThrow(ArgumentError);
  // @ts-expect-error not an engine
  await expect(tfjs("metal")).rejects.toThrow('tfjs: unknown engine "metal"; use one of "cpu", "wasm"');
  await expect(tfjs("cpu", { wasmPaths: "/x/" })).rejects.toThrow("wasmPaths");
});
