import { fromBinary } from "@bufbuild/protobuf";
import { compressOnnx } from "@unrolled/onnx";
import { ModelProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { floats, info, model, node } from "../import/model-maker.js";

/** The bits that a file of these weights holds. */
function halves(values: readonly number[]): Uint16Array {
  const bytes = model({
    input: [info("x", [1])],
    output: [info("y", null)],
    node: [node("Add", ["x", "w"], ["y"])],
    initializer: [floats("w", [values.length], values)],
  });
  const { graph } = fromBinary(ModelProtoSchema, compressOnnx(bytes, { weights: "float16", minimumSize: 1 }).bytes);
  const raw = graph?.initializer[0].rawData ?? new Uint8Array();
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return Uint16Array.from({ length: raw.length / 2 }, (_, i) => view.getUint16(2 * i, true));
}

/** By the definition of IEEE 754 binary16. */
function numberOf(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const magnitude = exponent === 0 ? (fraction / 1024) * 2 ** -14 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}

const positive = Array.from({ length: 0x7c00 }, (_, bits) => bits);

test("every finite float16 is kept, with its sign", () => {
  const all = [...positive, ...positive.map((bits) => bits | 0x8000)];
  expect(halves(all.map(numberOf))).toEqual(Uint16Array.from(all));
});

test("between two neighbours the nearer one is taken, in the middle the even one", () => {
  const lower = positive.slice(0, -1);
  const middles = lower.map((bits) => (numberOf(bits) + numberOf(bits + 1)) / 2);
  expect(halves(middles)).toEqual(Uint16Array.from(lower, (bits) => bits + (bits % 2)));
  const step = (value: number, by: number): number => {
    const bits = new Uint32Array(Float32Array.of(value).buffer);
    bits[0] += by;
    return new Float32Array(bits.buffer)[0];
  };
  expect(halves(middles.map((value) => step(value, -1)))).toEqual(Uint16Array.from(lower));
  expect(halves(middles.map((value) => step(value, 1)))).toEqual(Uint16Array.from(lower, (bits) => bits + 1));
  expect(halves(middles.map((value) => -step(value, 1)))).toEqual(Uint16Array.from(lower, (bits) => 0x8001 + bits));
});

test("infinities and NaN stay what they are", () => {
  const [up, down, nan] = halves([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
  expect([up, down]).toEqual([0x7c00, 0xfc00]);
  expect(nan & 0x7c00).toBe(0x7c00);
  expect(nan & 0x3ff).not.toBe(0);
});
