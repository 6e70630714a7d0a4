import { readFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { ArgumentError, FormatError } from "@unrolled/backend";
import { type CompressOnnxOptions, compressionMetadataKey, compressOnnx, formatCompression } from "@unrolled/onnx";
import { type ModelProto, ModelProtoSchema, TensorProto_DataType } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { floats, info, int64s, model } from "../import/model-maker.js";
import { numbers } from "../numbers.js";
import { named, recurrent, weight } from "./models.js";

const read = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes);
const operators = (bytes: Uint8Array): string[] => read(bytes).graph?.node.map(({ opType }) => opType) ?? [];
const x = info("x", [2, 8]);
const y = info("y", [2, 10]);
const product = (values: readonly number[], rest: object = {}): Uint8Array =>
  model({
    input: [x],
    output: [y],
    node: [named("MatMul", ["x", "w"], ["y"])],
    initializer: [floats("w", [8, 10], values)],
    ...rest,
  });
const eighty = numbers(80, 9);

describe("which operators come out", () => {
  test("int8: the LSTM kernel of ONNX Runtime and integer products, and its domain is imported", () => {
    const { bytes } = compressOnnx(recurrent("LSTM"), { weights: "int8" });
    expect(operators(bytes)).toEqual([
      ...["DynamicQuantizeLSTM", "Transpose", "Reshape"],
      ...["DynamicQuantizeLinear", "MatMulInteger", "Cast", "Mul", "Mul", "Add"],
    ]);
    expect(read(bytes).opsetImport.map(({ domain }) => domain)).toEqual(["", "com.microsoft"]);
    const [lstm] = read(bytes).graph?.node ?? [];
    expect([lstm.domain, lstm.input.length, lstm.output]).toEqual(["com.microsoft", 12, ["steps", "h"]]);
  });

  test("int8, portable: nothing outside ONNX", () => {
    const { bytes, report } = compressOnnx(recurrent("LSTM"), { weights: "int8", portable: true });
    expect(operators(bytes)).toContain("LSTM");
    expect(read(bytes).opsetImport.map(({ domain }) => domain)).toEqual([""]);
    expect(report.changed.map(({ name, readBy }) => [name, readBy])).toEqual([
      ["W", "Cast, Mul"],
      ["R", "Cast, Mul"],
      ["head.weight", "MatMulInteger"],
    ]);
  });

  test("an LSTM that the kernel cannot take is restored to float32", () => {
    const layout = read(recurrent("LSTM"));
    layout.graph?.node[0].attribute.push({ ...layout.graph.node[0].attribute[0], name: "layout", i: 1n });
    const { report } = compressOnnx(recurrentWith(layout), { weights: "int8" });
    expect(report.changed.find(({ name }) => name === "R")?.readBy).toBe("Cast, Mul");
  });

  test("an LSTM of another domain is none of ours", () => {
    const foreign = read(recurrent("LSTM"));
    if (foreign.graph) foreign.graph.node[0].domain = "com.example";
    const { bytes, report } = compressOnnx(recurrentWith(foreign), { weights: "int8" });
    expect(operators(bytes)[0]).toBe("LSTM");
    expect(report.left.find(({ name }) => name === "R")?.reason).toBe("an operator of domain com.example reads it");
  });

  test("a scaled or transposed Gemm is restored to float32", () => {
    for (const attributes of [{ alpha: { float: 0.5 } }, { beta: { float: 2 } }, { transA: 1 }]) {
      const node = [named("Gemm", ["x", "w"], ["y"], attributes)];
      expect(operators(compressOnnx(product(eighty, { node }), { weights: "int8" }).bytes)).toContain("Gemm");
    }
  });

  test("two products of one operand quantise it once", () => {
    const bytes = model({
      input: [x],
      output: [info("a", [2, 10]), info("b", [2, 10])],
      node: [named("MatMul", ["x", "v"], ["a"]), named("MatMul", ["x", "w"], ["b"])],
      initializer: [weight("w", [8, 10], 1, 1), weight("v", [8, 10], 1, 2)],
    });
    const ops = operators(compressOnnx(bytes, { weights: "int8" }).bytes);
    expect(ops.filter((op) => op === "DynamicQuantizeLinear")).toHaveLength(1);
    expect(ops[0]).toBe("DynamicQuantizeLinear");
  });

  test("a large Constant node is a weight", () => {
    const bytes = product(eighty);
    const changed = read(bytes);
    const [w] = changed.graph?.initializer ?? [];
    const constant = {
      ...named("Constant", [], ["w"]),
      attribute: [{ name: "value", type: 4, t: { ...w, name: "" } }],
    };
    const node = [constant, named("MatMul", ["x", "w"], ["y"])];
    const { report } = compressOnnx(product([], { node, initializer: [] }), { weights: "float16" });
    expect(report.changed.map(({ name, bytesAfter }) => [name, bytesAfter])).toEqual([["w", 160]]);
  });
});

function recurrentWith(changed: ModelProto): Uint8Array {
  const { graph } = changed;
  return model({ ...graph, name: "changed" } as never);
}

describe("the report", () => {
  test("its errors are those of the weights in the file", () => {
    const { bytes, report } = compressOnnx(product(eighty), { weights: "int8", granularity: "tensor", portable: true });
    const stored = read(bytes).graph?.initializer ?? [];
    const [whole, scale, zero] = ["w.uint8", "w.scale", "w.zero"].map((name) => stored.find((t) => t.name === name));
    expect(zero?.rawData).toEqual(Uint8Array.of(128));
    const step = new DataView(scale?.rawData.slice().buffer ?? new ArrayBuffer(4)).getFloat32(0, true);
    const largest = Math.max(...eighty.map((value) => Math.abs(Math.fround(value))));
    expect(step).toBe(Math.fround(largest / 127));
    const errors = eighty.map((v, i) =>
      Math.abs(Math.fround(v) - Math.fround(((whole?.rawData[i] ?? 0) - 128) * step)),
    );
    const [row] = report.changed;
    expect(row.absoluteError).toBe(Math.max(...errors));
    expect(row.absoluteError).toBeLessThanOrEqual((step / 2) * 1.0001);
    expect(row.relativeError).toBe(row.absoluteError / largest);
    expect(row).toMatchObject({ name: "w", shape: [8, 10], scales: 1, bytesBefore: 320, bytesAfter: 80 + 4 + 1 });
  });

  test("a scale for each channel is closer where channels differ in size", () => {
    const uneven = eighty.map((value, i) => value * 10 ** -(i % 10));
    const error = (granularity: "channel" | "tensor"): number => {
      const { bytes, report } = compressOnnx(product(uneven), { weights: "int8", granularity });
      const smallest = read(bytes).graph?.initializer.find(({ name }) => name === "w.uint8")?.rawData ?? [];
      expect(report.changed[0].scales).toBe(granularity === "channel" ? 10 : 1);
      return [...smallest].filter((value, i) => i % 10 === 9 && value !== 128).length;
    };
    expect(error("tensor")).toBe(0);
    expect(error("channel")).toBeGreaterThan(6);
  });

  test("what was left alone, and why", () => {
    const values = [...eighty];
    values[3] = 70000;
    expect(compressOnnx(product(values), { weights: "float16" }).report.left).toEqual([
      { name: "w", shape: [8, 10], bytes: 320, reason: "it holds 70000, beyond float16's 65504" },
    ]);
    values[3] = Number.POSITIVE_INFINITY;
    expect(compressOnnx(product(values), { weights: "int8" }).report.left[0].reason).toMatch(/not finite/);
    expect(compressOnnx(product(eighty), { weights: "int8", minimumSize: 81 }).report.left[0].reason).toMatch(/fewer/);
    const fed = product(eighty, { input: [x, info("w", [8, 10])] });
    expect(compressOnnx(fed, { weights: "float16" }).report.left[0].reason).toMatch(/default of an input/);
    const reasons = Object.fromEntries(
      compressOnnx(recurrent("GRU", { twoWays: true }), { weights: "int8" }).report.left.map(({ name, reason }) => [
        name,
        reason,
      ]),
    );
    expect(reasons.B).toBe("it is no weight of GRU, but its input 3");
  });

  test("a file of which nothing changes comes back as it is", () => {
    const bytes = product(eighty);
    expect(compressOnnx(bytes, { weights: "float16", minimumSize: 81 }).bytes).toEqual(bytes);
  });

  test("as a table, without control characters of the file", () => {
    const node = [named("MatMul", ["x", "\u001b[2J"], ["y"])];
    const initializer = [floats("\u001b[2J", [8, 10], eighty)];
    const { report, bytes } = compressOnnx(product([], { node, initializer }), { weights: "float16" });
    const table = formatCompression(report);
    expect(table).not.toContain("\u001b");
    expect(table).toMatch(/\[8, 10\] +float16 +Cast +\d\.\d\de-\d +\d\.\d\de-\d +320 +160/);
    expect(table).toContain("tensors: 320 bytes before, 160 after (50.0 %)");
    expect(table).toContain(`${bytes.length} after`);
    expect(formatCompression(compressOnnx(bytes, { weights: "float16" }).report)).toContain("no tensor was changed");
  });
});

test("compressed again: the same with the same options, refused with others", () => {
  for (const weights of ["float16", "int8"] as const) {
    const once = compressOnnx(recurrent("LSTM"), { weights }).bytes;
    const again = compressOnnx(once, { weights });
    expect(again.bytes).toEqual(once);
    expect(again.report.changed).toEqual([]);
    for (const other of [{ weights: weights === "int8" ? "float16" : "int8" }, { weights, minimumSize: 1 }] as const)
      expect(() => compressOnnx(once, other)).toThrow(/was compressed before/);
    expect(read(once).metadataProps.map(({ key }) => key)).toEqual([compressionMetadataKey]);
  }
});

test("the scales of a file that another tool quantised are left alone", () => {
  const bytes = product([], {
    node: [named("DequantizeLinear", ["q", "s"], ["w"], { axis: 0 }), named("MatMul", ["x", "w"], ["y"])],
    initializer: [
      floats("s", [80], numbers(80, 2)),
      { ...int64s("q", [], [80, 10]), dataType: 3, int64Data: [], rawData: new Uint8Array(800) },
    ],
  });
  const { report } = compressOnnx(bytes, { weights: "int8" });
  expect(report.changed).toEqual([]);
  expect(report.left.map(({ name }) => name)).toEqual(["s"]);
});

test("names that are taken are not taken twice", () => {
  const node = [named("Identity", ["x"], ["w.float16"]), named("MatMul", ["w.float16", "w"], ["y"])];
  const { graph } = read(compressOnnx(product(eighty, { node }), { weights: "float16" }).bytes);
  const made = [
    ...(graph?.node.flatMap(({ output }) => output) ?? []),
    ...(graph?.initializer.map((t) => t.name) ?? []),
  ];
  expect(new Set(made).size).toBe(made.length);
  expect(graph?.initializer[0].dataType).toBe(TensorProto_DataType.FLOAT16);
});

test("options that do not exist or do not fit are refused", () => {
  const bytes = product(eighty);
  const wrong: readonly object[] = [
    { weights: "int4" },
    {},
    { weights: "int8", minimum_size: 3 },
    { weights: "int8", minimumSize: 0 },
    { weights: "int8", granularity: "row" },
    { weights: "int8", portable: 1 },
    { weights: "float16", portable: true },
  ];
  for (const options of wrong)
    expect(() => compressOnnx(bytes, options as CompressOnnxOptions), JSON.stringify(options)).toThrow(ArgumentError);
});

describe("hostile files", () => {
  const small = readFileSync(new URL("../import/models/rnn.onnx", import.meta.url));
  const both: readonly CompressOnnxOptions[] = [
    { weights: "float16", minimumSize: 1 },
    { weights: "int8", minimumSize: 1 },
  ];

  test("a file cut off anywhere is a FormatError that names this function", () => {
    for (let length = 0; length < small.length; length++)
      expect(() => compressOnnx(small.subarray(0, length), both[length % 2]), `${length} bytes`).toThrow(FormatError);
    expect(() => compressOnnx(small.subarray(0, 90), both[0])).toThrow(/^compressOnnx: /);
  });

  test("flipped bytes give a file that can be read, or a FormatError", () => {
    const lstm = compressible();
    const draws = numbers(6000, 5);
    let at = 0;
    const draw = (limit: number): number => Math.floor(((draws[at++ % draws.length] + 1) / 2) * limit);
    let refused = 0;
    for (let round = 0; round < 600; round++) {
      const bytes = Uint8Array.from(round % 2 ? small : lstm);
      for (let flips = 1 + draw(4); flips > 0; flips--) bytes[draw(bytes.length)] ^= 1 << draw(8);
      try {
        read(compressOnnx(bytes, both[draw(2)]).bytes);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(50);
  });

  const compressible = (): Uint8Array => recurrent("LSTM", { H: 3, gemm: true });

  test.each<[string, Uint8Array, RegExp]>([
    ["no ONNX file", new Uint8Array(400).fill(0x3a), /no ONNX model|opsets|ir_version/],
    ["an old file", model({ input: [x], output: [y] }, 17, { irVersion: 3n }), /ir_version 3/],
    ["sizes beyond the data", product([1]), /initialiser "w".*holds 1 elements/],
    ["two of a name", product(eighty, { initializer: [floats("w", [1], [1]), floats("w", [1], [1])] }), /taken/],
    ["no name", product(eighty, { initializer: [floats("", [1], [1])] }), /no name/],
    ["made twice", product(eighty, { node: [named("Identity", ["x"], ["w"])] }), /the name of an initialiser/],
    ["other files", product([], { initializer: [{ ...floats("w", [1], []), dataLocation: 1 }] }), /another file/],
  ])("%s", (_, bytes, message) => {
    for (const options of both) {
      expect(() => compressOnnx(bytes, options)).toThrow(FormatError);
      expect(() => compressOnnx(bytes, options)).toThrow(message);
    }
  });

  test("longer than maxBytes", () => {
    expect(() => compressOnnx(small, { weights: "int8", maxBytes: 100 })).toThrow(/more than 100/);
  });
});
