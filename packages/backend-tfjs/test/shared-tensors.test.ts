// Tensors of the user's own TensorFlow.js code and buffers that share their elements.
import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError, BackendError, DTypeError, ShapeError } from "@unrolled/backend";
import { type SyncTfjsBackend, tfjs } from "@unrolled/backend-tfjs";
import { cpu, fromBuffer, noGrad, ones, scope } from "unrolled";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const ids = (engine: string): number => tf.engine().findBackend(engine).numDataIds();

describe.each(["cpu", "wasm"] as const)("%s", (engine) => {
  let backend: SyncTfjsBackend;
  let before: { readonly counts: tf.MemoryInfo; readonly ids: number };
  beforeEach(async () => {
    backend = await tfjs(engine);
    await tf.setBackend(engine);
    before = { counts: tf.memory(), ids: ids(engine) };
  });
  afterEach(async () => {
    await backend.dispose();
    expect(ids(engine)).toBe(before.ids);
    expect(tf.memory()).toEqual(before.counts);
  });

  test("fromTf shares elements; whoever goes last frees them", () => {
    for (const tensorFirst of [true, false]) {
      const mine = tf.tensor([1, 2, 3, 4], [2, 2]);
      const buffer = backend.fromTf(mine);
      expect(buffer.dataId).toBe(mine.dataId);
      expect([buffer.shape, buffer.dtype]).toEqual([[2, 2], "float32"]);
      expect(ids(engine)).toBe(before.ids + 1);
      expect(backend.memory()).toEqual({ buffers: 1, bytes: 16 });
      if (tensorFirst) {
        mine.dispose();
        expect(backend.readSync(buffer)).toEqual(Float32Array.of(1, 2, 3, 4));
        backend.free(buffer);
      } else {
        backend.free(buffer);
        expect(mine.dataSync()).toEqual(Float32Array.of(1, 2, 3, 4));
        mine.dispose();
      }
      expect(tf.memory()).toEqual(before.counts);
      expect(ids(engine)).toBe(before.ids);
    }
  });

  test("toTf gives a tensor that the user's tidy frees", () => {
    const buffer = backend.upload(Float32Array.of(1, 2), [2], "float32");
    const doubled = tf.tidy(() => {
      const yours = backend.toTf(buffer);
      expect(yours.dataId).toBe(buffer.dataId);
      expect(tf.memory().numTensors).toBe(before.counts.numTensors + 1);
      const doubled = Array.from(yours.dataSync(), (value) => 2 * value);
      return tf.tensor1d(doubled);
    });
    expect(tf.memory().numTensors).toBe(before.counts.numTensors + 1);
    expect(backend.readSync(buffer)).toEqual(Float32Array.of(1, 2));
    expect(doubled.dataSync()).toEqual(Float32Array.of(2, 4));
    doubled.dispose();

    const kept = backend.toTf(buffer);
    backend.free(buffer);
    expect(kept.dataSync()).toEqual(Float32Array.of(1, 2));
    kept.dispose();
  });

  test("a tensor of the core package goes both ways", () => {
    const mine = tf.tensor([1, 2, 3], [3]);
    const x = fromBuffer(backend, backend.fromTf(mine), { shape: mine.shape, dtype: "float32" });
    const y = scope(() => noGrad(() => x.mul(2)));
    const yours = backend.toTf(y);
    y.dispose();
    x.dispose();
    expect(yours.dataSync()).toEqual(Float32Array.of(2, 4, 6));
    expect(mine.dataSync()).toEqual(Float32Array.of(1, 2, 3));
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    tf.dispose([mine, yours]);
  });

  test("disposing of the backend leaves the user's tensors", async () => {
    const mine = tf.tensor([5]);
    backend.fromTf(mine);
    const yours = backend.toTf(backend.upload(Float32Array.of(6), [1], "float32"));
    await backend.dispose();
    expect([mine.dataSync()[0], yours.dataSync()[0]]).toEqual([5, 6]);
    expect(() => backend.fromTf(mine)).toThrow("disposed");
    tf.dispose([mine, yours]);
  });

  test.each([
    [null, "got null, not a tf.Tensor; give a tf.Tensor"],
    [undefined, "got undefined, not a tf.Tensor"],
    [[1], "got an array, not a tf.Tensor"],
    [Float32Array.of(1), "got an object of class Float32Array"],
    [
      ones([1]),
      "got an object of class Tensor, not a tf.Tensor; give a tf.Tensor, such as tf.tensor([1, 2]); toTf goes",
    ],
  ])("fromTf refuses what is no tf.Tensor: %o", (value, message) => {
    const share = (): unknown => backend.fromTf(value as never);
    expect(share).toThrow(ArgumentError);
    expect(share).toThrow(message);
  });

  test.each([
    [null, "got null; give a buffer of this backend"],
    [undefined, "got undefined; give"],
    [[1], "got an array; give"],
    [Float32Array.of(1), "got an object of class Float32Array; give"],
    [{}, "got an object of class Object; give"],
  ])("toTf refuses what holds no buffer: %o", (value, message) => {
    const share = (): unknown => backend.toTf(value as never);
    expect(share).toThrow(ArgumentError);
    expect(share).toThrow(message);
  });

  test("toTf refuses a tensor that was disposed of, and one on another backend", () => {
    const x = ones([2], { backend });
    x.dispose();
    expect(() => backend.toTf(x)).toThrow(BackendError);
    expect(() => backend.toTf(ones([2], { backend: cpu() }))).toThrow(BackendError);
  });

  test("fromBuffer refuses a shape and a dtype that are not the buffer's", () => {
    const mine = tf.tensor([1, 2, 3, 4], [2, 2]);
    const buffer = backend.fromTf(mine);
    const as = (shape: number[], dtype: "float32" | "int32") => () => fromBuffer(backend, buffer, { shape, dtype });
    expect(as([4], "float32")).toThrow(ShapeError);
    expect(as([3, 2], "float32")).toThrow("fromBuffer: the buffer is [2, 2], not [3, 2]; give its own shape");
    expect(as([2, 2], "int32")).toThrow(DTypeError);
    expect(as([2, 2], "int32")).toThrow("fromBuffer: the buffer is float32, not int32; give its own dtype");
    const x = as([2, 2], "float32")();
    expect(x.sum().item()).toBe(10);
    for (const t of [x, mine]) t.dispose();
  });

  test("what cannot be shared is refused", async () => {
    const words = tf.tensor(["a"]);
    expect(() => backend.fromTf(words)).toThrow(DTypeError);
    words.dispose();
    const gone = tf.tensor([1]);
    gone.dispose();
    expect(() => backend.fromTf(gone)).toThrow("disposed of");
    const other = engine === "cpu" ? "wasm" : "cpu";
    await tfjs(other);
    await tf.setBackend(other);
    const elsewhere = tf.tensor([1]);
    expect(() => backend.fromTf(elsewhere)).toThrow(BackendError);
    elsewhere.dispose();
    await tf.setBackend(engine);
    const freed = backend.upload(Float32Array.of(1), [1], "float32");
    backend.free(freed);
    expect(() => backend.toTf(freed)).toThrow("stale");
  });
});
