import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError, DTypeError, FormatError, type HostTensor } from "@unrolled/backend";
import { type ByteReader, openSafetensors, readSafetensors, writeSafetensors } from "@unrolled/weights";
import { openFile } from "@unrolled/weights/node";
import { describe, expect, it } from "vitest";
import { golden, goldenJson, readable } from "./goldens.js";

const f32 = (values: number[], shape: number[] = [values.length]): HostTensor => ({
  data: new Float32Array(values),
  shape,
  dtype: "float32",
});

describe("PyTorch's rarer element types", () => {
  interface Row {
    readonly key: string;
    readonly shape: readonly number[];
    readonly data: readonly unknown[] | null;
  }
  const { tensors, header } = goldenJson<{ tensors: Row[]; header: { metadata: object } }>("dtypes.json");
  const file = openSafetensors(golden("torch/dtypes.safetensors"));
  const held = tensors.filter(({ key, data }) => data !== null && !key.endsWith(".unsafe"));
  const refused = tensors.filter((row) => !held.includes(row));

  it("are listed, also those that cannot be read", async () => {
    const { tensors: listed, metadata } = await file;
    expect([...listed.keys()].sort()).toEqual(tensors.map(({ key }) => key).sort());
    expect(listed.get("complex64")).toEqual({ shape: [1], storedAs: "C64", bytes: 8 });
    expect({ ...metadata }).toEqual(header.metadata);
  });

  it.each(held)("$key is read exactly", async ({ key, shape, data }) => {
    const tensor = await (await file).read(key);
    expect(tensor.shape).toEqual(shape);
    expect([...tensor.data]).toEqual(data?.map(readable));
  });

  it.each(refused)("$key is refused by name", async ({ key }) => {
    await expect((await file).read(key)).rejects.toThrow(FormatError);
    await expect((await file).read(key)).rejects.toThrow(key);
  });

  it("refuses the whole file where one tensor cannot be read", () => {
    expect(() => readSafetensors(golden("torch/dtypes.safetensors"))).toThrow(FormatError);
  });
});

describe("openSafetensors", () => {
  const bytes = writeSafetensors({ a: f32([1, 2, 3, 4], [2, 2]), b: f32([5]) }, { k: "v" });

  const counting = (): ByteReader & { reads: [number, number][] } => {
    const reads: [number, number][] = [];
    return {
      reads,
      size: bytes.length,
      read: async (offset, length) => {
        reads.push([offset, length]);
        return bytes.slice(offset, offset + length);
      },
    };
  };

  it("reads the header, then only the bytes of the tensor asked for", async () => {
    const reader = counting();
    const file = await openSafetensors(reader);
    const header = reader.reads.reduce((sum, [, length]) => sum + length, 0);
    expect(header).toBe(bytes.length - 20);
    expect(await file.read("b")).toEqual(f32([5]));
    expect(reader.reads.at(-1)).toEqual([bytes.length - 4, 4]);
    expect(reader.reads).toHaveLength(3);
  });

  it("reads a Blob", async () => {
    const file = await openSafetensors(new Blob([bytes]));
    expect(file.tensors.get("a")).toEqual({ shape: [2, 2], storedAs: "F32", bytes: 16 });
    expect(await file.read("a")).toEqual(f32([1, 2, 3, 4], [2, 2]));
  });

  it("reads a file on disk", async () => {
    const folder = mkdtempSync(join(tmpdir(), "unrolled-open-"));
    try {
      writeFileSync(join(folder, "x.safetensors"), bytes);
      await using reader = await openFile(join(folder, "x.safetensors"));
      expect(await (await openSafetensors(reader)).read("b")).toEqual(f32([5]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("names a tensor that is not there", async () => {
    await expect((await openSafetensors(bytes)).read("c")).rejects.toThrow(ArgumentError);
    await expect((await openSafetensors(bytes)).read("toString")).rejects.toThrow(/no tensor "toString"/);
  });

  it("refuses a source that gives less than it said", async () => {
    const short = { size: bytes.length, read: async (): Promise<Uint8Array> => bytes.slice(0, 3) };
    await expect(openSafetensors(short)).rejects.toThrow(FormatError);
    const cut: ByteReader = {
      size: bytes.length,
      read: async (offset, length) => bytes.slice(offset, Math.min(offset + length, bytes.length - 4)),
    };
    await expect((await openSafetensors(cut)).read("b")).rejects.toThrow(/0 of 4 bytes/);
    await expect(openSafetensors({ ...short, size: Number.NaN })).rejects.toThrow(ArgumentError);
    await expect(openSafetensors("model" as unknown as Uint8Array)).rejects.toThrow(ArgumentError);
  });

  it("refuses what readSafetensors refuses", async () => {
    for (let n = 0; n < bytes.length; n++)
      await expect(openSafetensors(bytes.subarray(0, n))).rejects.toThrow(FormatError);
  });
});

describe("half precision", () => {
  const stored = (values: number[], dtype: "F16" | "BF16"): number[] => {
    const tensor = { data: Float64Array.from(values), shape: [values.length], dtype: "float64" as const };
    return [...readSafetensors(writeSafetensors({ x: tensor }, {}, { dtype })).tensors.x.data];
  };

  it("F16 rounds to nearest, ties to even", () => {
    const step = 2 ** -10;
    const cases = [
      [1 + step / 2, 1],
      [1 + 1.5 * step, 1 + 2 * step],
      [1 + step / 2 + 2 ** -40, 1 + step],
      [2 - step / 4, 2],
      [65519.9, 65504],
      [2 ** -25, 0],
      [2 ** -25 + 2 ** -50, 2 ** -24],
      [3 * 2 ** -25, 2 * 2 ** -24],
      [2 ** -14 - 2 ** -26, 2 ** -14],
      [-1 / 3, -0.333251953125],
      [-0, -0],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [Number.NaN, Number.NaN],
    ];
    expect(
      stored(
        cases.map(([x]) => x),
        "F16",
      ),
    ).toEqual(cases.map(([, y]) => y));
  });

  it("BF16 rounds to nearest, ties to even", () => {
    const step = 2 ** -7;
    const cases = [
      [1 + step / 2, 1],
      [1 + 1.5 * step, 1 + 2 * step],
      [1e-40, 9.183549615799121e-41],
      [2 ** -134, 0],
      [Number.NaN, Number.NaN],
    ];
    expect(
      stored(
        cases.map(([x]) => x),
        "BF16",
      ),
    ).toEqual(cases.map(([, y]) => y));
  });

  it.each(["F16", "BF16"] as const)("every %s pattern comes back as it was", (dtype) => {
    const raw = new Uint8Array(2 * 65536);
    const view = new DataView(raw.buffer);
    for (let i = 0; i < 65536; i++) view.setUint16(2 * i, i, true);
    const header = new TextEncoder().encode(
      JSON.stringify({ x: { dtype, shape: [65536], data_offsets: [0, 131072] } }),
    );
    const file = new Uint8Array(8 + header.length + raw.length);
    new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
    file.set(header, 8);
    file.set(raw, 8 + header.length);
    const { tensors } = readSafetensors(file);
    const again = readSafetensors(writeSafetensors(tensors, {}, { dtype })).tensors;
    expect(again.x.data).toEqual(tensors.x.data);
  });

  it("leaves integers and booleans alone, and is half as large", async () => {
    const tensors = {
      w: f32(new Array<number>(100).fill(0.5)),
      n: { data: new Int32Array([7]), shape: [1], dtype: "int32" as const },
      flag: { data: new Uint8Array([1]), shape: [], dtype: "bool" as const },
    };
    const file = await openSafetensors(writeSafetensors(tensors, {}, { dtype: "BF16" }));
    const types = [...file.tensors].map(([name, { storedAs, bytes }]) => [name, storedAs, bytes]);
    expect(types).toEqual([
      ["n", "I32", 4],
      ["w", "BF16", 200],
      ["flag", "BOOL", 1],
    ]);
  });

  it("refuses to make finite numbers infinite, and unknown types", () => {
    expect(() => stored([1, 65520], "F16")).toThrow(DTypeError);
    expect(() => stored([1, 65520], "F16")).toThrow(/"x": element 1, 65520, is beyond F16/);
    expect(() => stored([3.4e38], "BF16")).toThrow(DTypeError);
    expect(() => writeSafetensors({ x: f32([1]) }, {}, { dtype: "F8" as "F16" })).toThrow(ArgumentError);
    expect(() => writeSafetensors({ x: f32([1]) }, {}, { half: "F16" } as object)).toThrow(/unknown option half/);
  });
});
