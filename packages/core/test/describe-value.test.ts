import { cpu } from "@unrolled/backend-cpu";
import { describeValue, setDefaultBackend, zeros } from "@unrolled/core";
import { expect, test } from "vitest";

setDefaultBackend(cpu());

class Settings {
  readonly size: number = 3;
}
class Element {}

test.each<[unknown, string]>([
  [{ axis: 1 }, "{ axis: 1 }"],
  [{ dim: [0, 1], keepdim: true }, "{ dim: [0, 1], keepdim: true }"],
  [{}, "{}"],
  [Object.create(null), "{}"],
  [{ a: { b: { c: 1 } } }, "{ a: { b: { … } } }"],
  [{ a: 1, b: 2, c: 3, d: 4, e: 5 }, "{ a: 1, b: 2, c: 3, d: 4, … }"],
  [[1, "2", null], '[1, "2", null]'],
  [[1, 2, 3, 4, 5, 6, 7], "[1, 2, 3, 4, 5, 6, …]"],
  [[[[1]]], "[[[…]]]"],
  [Array.from({ length: 6 }, () => "a long text"), "an array of 6"],
  ["25", '"25"'],
  ["x".repeat(50), `"${"x".repeat(40)}…"`],
  [1.5, "1.5"],
  [Number.NaN, "NaN"],
  [true, "true"],
  [10n, "10"],
  [Symbol("s"), "Symbol(s)"],
  [null, "null"],
  [undefined, "undefined"],
  [zeros([2, 3]), "a tensor [2, 3]"],
  [[zeros([2]), [zeros([])]], "[a tensor [2], [a tensor []]]"],
  [new Float32Array(3), "a Float32Array of 3"],
  [new BigInt64Array(2), "a BigInt64Array of 2"],
  [new Settings(), "a Settings"],
  [new Element(), "an Element"],
  [new (class {})(), "an object"],
  [new Map([[1, 2]]), "a Map"],
  [Promise.resolve(1), "a promise"],
  [cpu, "the function cpu"],
  [() => 1, "a function"],
])("%o is told in a few words", (value, words) => {
  expect(describeValue(value)).toBe(words);
});

test("of much, the beginning is shown", () => {
  const text = describeValue({ first: "a".repeat(30), second: "b".repeat(30), third: "c".repeat(30) });
  expect(text).toMatch(/^\{ first: "a+", second: "b+…$/);
  expect(text.length).toBeLessThan(90);
});
