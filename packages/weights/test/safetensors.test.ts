import { readFileSync } from "node:fs";
import { ArgumentError, DTypeError, FormatError, type HostTensor, ShapeError } from "@unrolled/backend";
import { readSafetensors, writeSafetensors } from "@unrolled/weights";
import { describe, expect, it } from "vitest";

const fixture = (name: string): Uint8Array => readFileSync(new URL(`./fixtures/${name}`, import.meta.url));

const f32 = (values: number[], shape: number[] = [values.length]): HostTensor => ({
  data: new Float32Array(values),
  shape,
  dtype: "float32",
});

/** A file with a header of any text and data of `size` bytes. */
function file(header: string | object, size = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe("a file written by Python", () => {
  const bytes = fixture("mixed.safetensors");
  const expected = JSON.parse(new TextDecoder().decode(fixture("mixed.json"))) as {
    metadata: Record<string, string>;
    tensors: Record<string, { shape: number[]; data: (number | boolean)[] }>;
  };
  const { tensors, metadata } = readSafetensors(bytes);

  it("has the names and the metadata", () => {
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected.tensors).sort());
    expect({ ...metadata }).toEqual(expected.metadata);
  });

  it.each(Object.entries(expected.tensors))("%s has Python's values", (name, { shape, data }) => {
    expect(tensors[name].shape).toEqual(shape);
    expect([...tensors[name].data]).toEqual(data.map(Number));
  });

  it("gives the dtypes that hold the values", () => {
    const dtypes = Object.fromEntries(Object.entries(tensors).map(([name, { dtype }]) => [name, dtype]));
    expect(dtypes).toMatchObject({
      "lstm.weight_ih_l0": "float32",
      double: "float64",
      int32: "int32",
      bool: "bool",
      uint8: "int32",
      half: "float32",
      bfloat16: "float32",
      "int64.small": "int32",
      "int64.large": "float64",
    });
  });

  it("is read the same from the middle of a larger buffer", () => {
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readSafetensors(shifted.subarray(3)).tensors).toEqual(tensors);
  });
});

describe("round trip", () => {
  const tensors: Record<string, HostTensor> = {
    b: f32([1, -0, Number.NaN, Number.POSITIVE_INFINITY], [2, 2]),
    a: { data: new Float64Array([Math.PI]), shape: [], dtype: "float64" },
    flags: { data: new Uint8Array([1, 0, 1]), shape: [3], dtype: "bool" },
    count: { data: new Int32Array([-7]), shape: [1], dtype: "int32" },
    empty: f32([], [0, 5]),
    "7": f32([7]),
    ["__proto__"]: f32([3]),
  };

  it("gives back every tensor and the metadata", () => {
    const read = readSafetensors(writeSafetensors(tensors, { note: 'a "b"\n', ["__proto__"]: "x" }));
    for (const [name, { data, shape, dtype }] of Object.entries(tensors)) {
      expect(read.tensors[name]).toEqual({ data, shape, dtype });
    }
    expect(Object.keys(read.tensors)).toHaveLength(7);
    expect(Object.entries(read.metadata)).toEqual(
      expect.arrayContaining([
        ["note", 'a "b"\n'],
        ["__proto__", "x"],
      ]),
    );
  });

  it("aligns the data to 8 bytes and does not depend on the order of names", () => {
    const bytes = writeSafetensors(tensors);
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    expect(writeSafetensors(Object.fromEntries(Object.entries(tensors).reverse()))).toEqual(bytes);
  });

  it("writes a file without tensors", () => {
    expect(readSafetensors(writeSafetensors({})).tensors).toEqual({});
  });

  it("writes a view's own elements only", () => {
    const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const { tensors } = readSafetensors(writeSafetensors({ x: { data, shape: [2], dtype: "float32" } }));
    expect([...tensors.x.data]).toEqual([1, 2]);
  });

  it("refuses what it cannot write", () => {
    expect(() => writeSafetensors({ x: f32([1], [2]) })).toThrow(ShapeError);
    expect(() => writeSafetensors({ x: { ...f32([1]), dtype: "int32" } })).toThrow(DTypeError);
    expect(() => writeSafetensors({ __metadata__: f32([1]) })).toThrow(ArgumentError);
    expect(() => writeSafetensors({}, { n: 3 as unknown as string })).toThrow(ArgumentError);
  });
});

describe("hostile files", () => {
  const x = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
  const hugeHeader = new Uint8Array(16).fill(255);
  const cases: [string, Uint8Array, RegExp][] = [
    ["too short", new Uint8Array(7), /7 bytes/],
    ["a header length beyond the limit", hugeHeader, /header of 18446744073709551615 bytes/],
    ["a header longer than the file", file("{}").subarray(0, 9), /in a file of 9/],
    ["a header that is not UTF-8", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), /not UTF-8/],
    ["a header that is not JSON", file("{x"), /not JSON/],
    ["a header that is a list", file("[]"), /not a JSON object/],
    ["a header that starts with a blank", file(" {}"), /begin with/],
    ["a byte order mark", file("\ufeff{}"), /not JSON|begin with/],
    ["a tensor twice", file(`{"x":${JSON.stringify(x)},"\\u0078":${JSON.stringify(x)}}`, 4), /key "x" twice/],
    ["a field twice", file('{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), /"dtype" twice/],
    ["metadata that is a list", file({ __metadata__: [] }), /__metadata__ is not an object/],
    ["a number in the metadata", file({ __metadata__: { n: 1 } }), /"n" is 1/],
    ["an entry that is null", file({ x: null }), /tensor "x" is null/],
    ["an entry with another field", file({ x: { ...x, code: "1" } }, 4), /field "code"/],
    ["an unknown dtype", file({ x: { ...x, dtype: "F4" } }, 4), /dtype "F4"/],
    ["a dtype named like a method", file({ x: { ...x, dtype: "constructor" } }, 4), /dtype "constructor"/],
    ["a negative size", file({ x: { ...x, shape: [-1] } }, 4), /shape \[-1\]/],
    ["a fraction in a shape", file({ x: { ...x, shape: [0.5] } }, 4), /shape \[0.5\]/],
    ["a shape that overflows", file({ x: { ...x, shape: [2 ** 40, 2 ** 40, 0] } }, 4), /too large/],
    ["a huge shape over few bytes", file({ x: { ...x, shape: [2 ** 31] } }, 4), /4 bytes for F32 \[2147483648\]/],
    ["offsets past the end", file({ x: { ...x, data_offsets: [0, 8] } }, 4), /\[0, 8\] in 4 bytes/],
    ["offsets that run backwards", file({ x: { ...x, data_offsets: [4, 0] } }, 4), /\[4, 0\]/],
    ["one offset", file({ x: { ...x, data_offsets: [4] } }, 4), /two whole numbers/],
    ["overlapping tensors", file({ x, y: { ...x, shape: [2], data_offsets: [0, 8] } }, 8), /overlaps/],
    ["a hole", file({ x, y: { ...x, data_offsets: [5, 9] } }, 9), /hole after byte 4/],
    ["bytes after the last tensor", file({ x }, 6), /2 bytes after/],
    [
      "a boolean of 2",
      (() => {
        const b = file({ x: { dtype: "BOOL", shape: [1], data_offsets: [0, 1] } }, 1);
        b[b.length - 1] = 2;
        return b;
      })(),
      /element 0 of a BOOL/,
    ],
    [
      "an integer beyond 2^53",
      (() => {
        const b = file({ x: { dtype: "I64", shape: [1], data_offsets: [0, 8] } }, 8);
        b[b.length - 1] = 1;
        return b;
      })(),
      /element 0, 72057594037927936, is beyond/,
    ],
  ];

  it.each(cases)("%s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(FormatError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  it("keeps every truncation and every flipped header byte from doing more than raising a FormatError", () => {
    const good = writeSafetensors({ a: f32([1, 2]), b: f32([3]) }, { k: "v" });
    const read = (bytes: Uint8Array): void => {
      try {
        readSafetensors(bytes);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    };
    for (let n = 0; n < good.length; n++) expect(() => readSafetensors(good.subarray(0, n))).toThrow(FormatError);
    for (let i = 0; i < good.length; i++) {
      for (const bit of [1, 2, 16, 128]) {
        const bad = good.slice();
        bad[i] ^= bit;
        read(bad);
      }
    }
  });
});

describe("files of PyTorch itself", () => {
  it.each([
    ["a zip archive", [0x50, 0x4b, 3, 4, 0, 0, 8, 8, 0, 0], /zip archive.*save_file/],
    ["an old pickle", [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20], /pickle.*save_file/],
    ["a pickle in frames", [0x80, 4, 0x95, 0x64, 0, 0, 0, 0, 0, 0], /pickle.*save_file/],
  ])("%s: says how to convert it", (_, start, message) => {
    expect(() => readSafetensors(new Uint8Array(start))).toThrow(message);
  });

  it("a header whose length looks like a pickle's first bytes is read", () => {
    const text = "{}".padEnd(0x280);
    expect(readSafetensors(file(text)).tensors).toEqual(Object.create(null));
  });
});
