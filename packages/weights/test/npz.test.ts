import { ArgumentError, FormatError, type HostTensor, ShapeError } from "@unrolled/backend";
import { openNpz, readNpy, readNpz, writeNpz } from "@unrolled/weights";
import { describe, expect, it } from "vitest";
import { golden, goldenJson, readable } from "./goldens.js";

interface ArrayRow {
  readonly shape: readonly number[];
  readonly data: readonly unknown[] | null;
}

const { files } = goldenJson<{ files: { file: string; note: string; arrays: Record<string, ArrayRow> }[] }>("npz.json");

describe.each(files)("$file, $note", ({ file, arrays }) => {
  const archive = openNpz(golden(file));
  const rows = Object.entries(arrays).map(([name, row]) => ({ name, ...row }));

  it("has the arrays in NumPy's order", () => {
    expect(archive.names).toEqual(Object.keys(arrays));
  });

  it.each(rows.filter(({ name, data }) => data !== null && !name.endsWith("unsafe")))(
    "$name has NumPy's numbers",
    ({ name, shape, data }) => {
      const tensor = archive.read(name);
      expect(tensor.shape).toEqual(shape);
      expect([...tensor.data]).toEqual(data?.map(readable));
    },
  );

  const refused = rows.filter(({ name, data }) => data === null || name.endsWith("unsafe"));
  if (refused.length > 0) {
    it.each(refused)("$name is refused", ({ name }) => {
      expect(() => archive.read(name)).toThrow(FormatError);
      expect(() => archive.read(name)).toThrow(`array "${name}"`);
    });
  }
});

const arrays: Record<string, HostTensor> = {
  "lstm/lstm_cell/kernel": { data: new Float32Array([1, -0, Number.NaN, 4]), shape: [2, 2], dtype: "float32" },
  gamma: { data: new Float64Array([Math.PI]), shape: [1], dtype: "float64" },
  "größe.7": { data: new Int32Array([-7]), shape: [], dtype: "int32" },
  ["__proto__"]: { data: new Uint8Array([1, 0, 1]), shape: [3], dtype: "bool" },
  "7": { data: new Float32Array(0), shape: [0, 5], dtype: "float32" },
};

describe("writeNpz", () => {
  it("writes what readNpz reads", () => {
    const bytes = writeNpz(arrays);
    const read = readNpz(bytes);
    for (const [name, array] of Object.entries(arrays)) expect(read[name]).toEqual(array);
    expect(Object.keys(read)).toHaveLength(5);
    expect(writeNpz(arrays)).toEqual(bytes);
    expect(readNpz(writeNpz({}))).toEqual({});
  });

  it("refuses arrays whose shape does not fit", () => {
    expect(() => writeNpz({ x: { data: new Float32Array(3), shape: [2], dtype: "float32" } })).toThrow(ShapeError);
  });
});

/** An npy file with any header text. */
function npy(header: string, data = 8, version = 1): Uint8Array {
  const bytes = new Uint8Array(10 + header.length + data);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  new DataView(bytes.buffer).setUint16(8, header.length, true);
  for (let i = 0; i < header.length; i++) bytes[10 + i] = header.charCodeAt(i);
  return bytes;
}

const field = (shape: string, descr = "'<f4'", order = "False"): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe("hostile npy headers", () => {
  it("reads the keys in any order, and numbers with Python 2's suffix", () => {
    expect(readNpy(npy("{'shape': (2L,), 'fortran_order': True, 'descr': '<f4'}")).shape).toEqual([2]);
  });

  const cases: [string, Uint8Array, RegExp][] = [
    ["no magic", new Uint8Array(20), /not an npy array/],
    ["too short", Uint8Array.of(0x93, 0x4e), /not an npy array/],
    ["version 4", npy(field("(2,)"), 8, 4), /version 4.0/],
    ["a header past the end", npy(field("(2,)")).subarray(0, 30), /in 30/],
    ["code instead of a dictionary", npy("__import__('os')"), /header/],
    ["a field twice", npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"), /header/],
    ["a field missing", npy("{'descr': '<f4', 'shape': (2,)}"), /header/],
    ["a field more", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': True}"), /header/],
    ["no comma", npy("{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}"), /header/],
    ["a flag for a type", npy(field("(2,)", "True")), /header/],
    ["structured", npy(field("(1,)", "[('x', '<i4'), ('y', '<f4')]")), /header/],
    ["a pickle", npy(field("(1,)", "'|O'")), /type "\|O"/],
    ["the machine's own byte order", npy(field("(2,)", "'=f4'")), /type "=f4"/],
    ["no byte order", npy(field("(2,)", "'|f4'")), /type "\|f4"/],
    ["a method's name for a type", npy(field("(2,)", "'<constructor'")), /type/],
    ["a negative size", npy(field("(-2,)")), /header/],
    ["a hole in the shape", npy(field("(2,,1)")), /shape/],
    ["a shape that overflows", npy(field("(9007199254740991, 9007199254740991)")), /shape/],
    ["a huge shape over few bytes", npy(field("(1000000000,)")), /8 bytes for F32 \[1000000000\]/],
    ["too many bytes", npy(field("(1,)")), /8 bytes for F32 \[1\]/],
  ];
  it.each(cases)("%s", (_, bytes, message) => {
    expect(() => readNpy(bytes)).toThrow(FormatError);
    expect(() => readNpy(bytes)).toThrow(message);
  });
});

describe("hostile archives", () => {
  const good = golden("npz/compressed.npz");
  const read = (bytes: Uint8Array): "read" | "refused" => {
    try {
      readNpz(bytes);
      return "read";
    } catch (error) {
      if (error instanceof FormatError) return "refused";
      throw error;
    }
  };

  it("refuses every truncation", () => {
    for (let n = 0; n < good.length; n++) expect(read(good.subarray(0, n))).toBe("refused");
  });

  it("never takes damaged numbers for good ones", () => {
    const expected = readNpz(good);
    const plain = golden("npz/plain.npz");
    for (const original of [good, plain]) {
      for (let i = 0; i < original.length; i += 3) {
        const bad = original.slice();
        bad[i] ^= 1 << (i % 8);
        if (read(bad) === "refused") continue;
        for (const [name, array] of Object.entries(readNpz(bad))) {
          if (name in expected) expect(array).toEqual(expected[name]);
        }
      }
    }
  });

  it("refuses what would fill memory", () => {
    const bytes = writeNpz({ x: { data: new Float32Array(1000), shape: [1000], dtype: "float32" } });
    expect(() => readNpz(bytes, { maxBytes: 4000 })).toThrow(/at most 4000/);
    expect(readNpz(bytes, { maxBytes: 5000 }).x.shape).toEqual([1000]);
    expect(() => openNpz(bytes, { max: 1 } as object)).toThrow(ArgumentError);
    const bomb = golden("npz/compressed.npz").slice();
    const view = new DataView(bomb.buffer);
    const directory = view.getUint32(bomb.length - 6, true);
    view.setUint32(directory + 24, 0x7fffffff, true);
    expect(() => openNpz(bomb)).toThrow(/2147483647 bytes from/);
  });

  it("names an array that is not there", () => {
    expect(() => openNpz(good).read("x")).toThrow(ArgumentError);
  });

  it("refuses a name that comes twice", () => {
    const bytes = writeNpz({ a: arrays.gamma, b: arrays.gamma }).slice();
    const directory = new DataView(bytes.buffer).getUint32(bytes.length - 6, true);
    bytes[directory + 46 + 5 + 46] = "a".charCodeAt(0);
    expect(() => readNpz(bytes)).toThrow(/"a.npy" comes twice/);
  });

  it("refuses members that share their bytes", () => {
    const bytes = writeNpz({ a: arrays.gamma, b: arrays.gamma }).slice();
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(bytes.length - 6, true);
    const second = directory + 46 + 5;
    view.setUint32(second + 42, 0, true);
    expect(() => readNpz(bytes)).toThrow(/overlaps/);
  });
});
