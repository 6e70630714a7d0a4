import { ArgumentError, FormatError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, tensor } from "@unrolled/core";
import { importOnnx, onnxToGraph } from "@unrolled/onnx";
import { expect, test } from "vitest";
import { floats, info, model, node } from "./model-maker.js";

setDefaultBackend(cpu());

const name = "model.onnx.data";
const made = (fields: Readonly<Record<string, string>>): Uint8Array =>
  model({
    input: [info("x", [2])],
    initializer: [
      {
        ...floats("w", [2], []),
        dataLocation: 1,
        externalData: Object.entries({ location: name, ...fields }).map(([key, value]) => ({ key, value })),
      },
    ],
    output: [info("y", null)],
    node: [node("Mul", ["x", "w"], ["y"])],
  });
const bytes = made({ offset: "4", length: "8" });
const data = new Uint8Array(Float32Array.of(9, 2, 3, 9).buffer);

test("weights in another file are taken from its bytes", () => {
  const imported = importOnnx(bytes, { externalData: { [name]: data } });
  expect([...imported.forward(tensor([10, 10])).dataSync()]).toEqual([20, 30]);
  expect([...imported.getParameter("w").dataSync()]).toEqual([2, 3]);
  expect(onnxToGraph(bytes, { externalData: { [name]: data } }).outputs).toHaveLength(1);
});

test("without them the error says how PyTorch writes one file, and what to give", () => {
  expect(() => importOnnx(bytes)).toThrow(FormatError);
  expect(() => importOnnx(bytes)).toThrow(/external_data=False.*externalData: { "model\.onnx\.data": bytes }/);
});

test("files that do not belong together are refused", () => {
  expect(() => importOnnx(bytes, { externalData: { "other.data": data } })).toThrow(ArgumentError);
  expect(() => importOnnx(bytes, { externalData: { "other.data": data } })).toThrow(/names "model\.onnx\.data"/);
  const short = data.subarray(0, 8);
  expect(() => importOnnx(bytes, { externalData: { [name]: short } })).toThrow(/8 bytes from 4 on .* which has 8/);
  expect(() => importOnnx(made({ offset: "-4" }), { externalData: { [name]: data } })).toThrow(/offset "-4"/);
  expect(() => importOnnx(made({ offset: "4" }), { externalData: { [name]: data } })).toThrow(/needs 8 bytes/);
  expect(() => importOnnx(bytes, { externalData: { [name]: data }, maxBytes: bytes.length })).toThrow(/maxBytes/);
});
