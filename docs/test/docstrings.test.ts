// What the reference is made from: every public name is described, and every @example is true.
import { describe, expect, it } from "vitest";
import { examples, run, typeErrors } from "./docstrings/examples.js";
import { publicNames } from "./docstrings/public-names.js";
import { functionNames, lacksOf } from "./docstrings/rules.js";

it("every public name says what it is, what it throws, its shapes, and how it is used", () => {
  const names = publicNames();
  const functions = functionNames(names);
  expect(names.length).toBeGreaterThan(300);
  const lacks = names.flatMap((name) => lacksOf(name, functions)).map(({ label, lacks }) => `${label} lacks ${lacks}`);
  expect(lacks).toEqual([]);
});

describe("examples in docstrings", () => {
  const all = examples();

  it("are found", () => expect(all.length).toBeGreaterThan(200));

  it("have the types that they use", () => expect(typeErrors(all)).toEqual([]));

  it("run, and compute the values that they state", () => {
    const { ran, failures, untrue } = run(all);
    expect(ran).toBeGreaterThan(100);
    expect({ failures, untrue }).toEqual({ failures: [], untrue: [] });
  });
});
