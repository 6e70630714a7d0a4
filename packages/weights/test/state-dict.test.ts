import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { Generator, noGrad, setDefaultBackend, tensor } from "@unrolled/core";
import { Linear, StateDictError } from "@unrolled/nn";
import * as weights from "@unrolled/weights";
import { loadStateDict, readSafetensors, saveStateDict, writeSafetensors } from "@unrolled/weights";
import { expect, it } from "vitest";

setDefaultBackend(cpu());
const linear = (seed: number): Linear => new Linear(3, 2, { generator: new Generator(seed) });

it("carries a module's weights over", async () => {
  const [a, b] = [linear(1), linear(2)];
  expect(b.weight.toArray()).not.toEqual(a.weight.toArray());
  const bytes = await saveStateDict(a, { made: "here" });
  expect(readSafetensors(bytes).metadata.made).toBe("here");
  expect(loadStateDict(b, bytes)).toEqual({ missing: [], unexpected: [], misshaped: [] });
  expect(b.weight.toArray()).toEqual(a.weight.toArray());
  expect(b.bias?.toArray()).toEqual(a.bias?.toArray());
});

it("saves the weights as they are when it is called", async () => {
  const model = linear(1);
  const before = model.weight.dataSync();
  const saving = saveStateDict(model);
  noGrad(() => model.weight.fill_(0));
  expect(readSafetensors(await saving).tensors.weight.data).toEqual(before);
});

it("refuses other names and shapes, and changes nothing then", () => {
  const model = linear(1);
  const before = model.weight.toArray();
  const host = (shape: number[]) => ({
    data: new Float32Array(shape.reduce((n, m) => n * m, 1)),
    shape,
    dtype: "float32" as const,
  });
  expect(() => loadStateDict(model, writeSafetensors({ weight: host([2, 3]) }))).toThrow(ArgumentError);
  // Six numbers, but not in the weight's shape.
  expect(() => loadStateDict(model, writeSafetensors({ weight: host([3, 2]), bias: host([2]) }))).toThrow(/\[3, 2\]/);
  expect(model.weight.toArray()).toEqual(before);
  expect(loadStateDict(model, writeSafetensors({ bias: host([2]), other: host([1]) }), { strict: false })).toEqual({
    missing: ["weight"],
    unexpected: ["other"],
    misshaped: [],
  });
  expect(model.bias?.toArray()).toEqual([0, 0]);
});

it("raises errors of their own name", () => {
  const file = writeSafetensors({ other: { data: new Float32Array(1), shape: [1], dtype: "float32" } });
  expect(() => loadStateDict(linear(1), file)).toThrow(expect.objectContaining({ name: "StateDictError" }));
  expect(() => linear(1).loadStateDict({ other: [1] })).toThrow(weights.StateDictError);
  expect(weights.StateDictError).toBe(StateDictError);
});

it("casts to the module's dtype", () => {
  const model = linear(1);
  const bytes = writeSafetensors({
    weight: { data: new Float64Array(6).fill(0.5), shape: [2, 3], dtype: "float64" },
    bias: { data: new Int32Array([3, 4]), shape: [2], dtype: "int32" },
  });
  loadStateDict(model, bytes);
  expect(model.forward(tensor([[1, 1, 1]])).toArray()).toEqual([[4.5, 5.5]]);
});
