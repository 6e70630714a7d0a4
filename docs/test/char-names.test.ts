// The functions of char-names on a short list of names.
import { cpu, manualSeed, setDefaultBackend } from "unrolled";
import { beforeAll, describe, expect, it } from "vitest";
import { evaluate, makeUpName, NameModel, nameLoader, train } from "../examples/char-names.js";
import { Characters } from "../examples/lib/characters.js";
import { firstNames } from "../examples/lib/names.js";

setDefaultBackend(cpu());

it("the list has each name once, and no character that a name should not have", () => {
  const names = firstNames();
  expect(names).toHaveLength(8422);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[A-Z][A-Za-z-]+$/);
});

describe("a model of five names", () => {
  const names = ["Anna", "Hannah", "Otto", "Ada", "Jo"];

  function trained(seed: number): { model: NameModel; losses: number[] } {
    manualSeed(seed);
    const characters = new Characters(names);
    const model = new NameModel(characters);
    const losses = [...train(model, nameLoader(names, characters, { batchSize: 2, shuffle: true }), 60)];
    return { model, losses };
  }

  let first: ReturnType<typeof trained>;
  beforeAll(() => {
    first = trained(1);
  });

  it("learns: the loss of guessing alike falls to that of choosing among five names", () => {
    const { model, losses } = first;
    expect(losses).toHaveLength(60);
    expect(losses[0]).toBeGreaterThan(2);
    const characters = names.join("").length + names.length; // an end each
    const best = (names.length * Math.log(names.length)) / characters;
    const loss = evaluate(model, nameLoader(names, model.characters, { batchSize: 5 }));
    expect(loss).toBeGreaterThan(best * 0.99);
    expect(loss).toBeLessThan(best * 1.5);
  });

  it("makes up names of known characters, and mostly those that it was taught", () => {
    manualSeed(7);
    const made = Array.from({ length: 50 }, () => makeUpName(first.model, 0.7));
    for (const name of made) expect([...name].every((c) => first.model.characters.known.includes(c))).toBe(true);
    expect(made.filter((name) => names.includes(name)).length).toBeGreaterThan(40);
    expect(new Set(made).size).toBeGreaterThan(2);
  });

  it("goes on from a prefix, with the state after it", () => {
    manualSeed(8);
    expect(makeUpName(first.model, 0.1, "Han")).toBe("Hannah");
    expect(makeUpName(first.model, 0.1, "O")).toBe("Otto");
  });

  it("padding counts for nothing: a batch has the loss of its names one by one", () => {
    const { characters } = first.model;
    const loss = (list: readonly string[]): number =>
      evaluate(first.model, nameLoader(list, characters, { batchSize: list.length }));
    const sum = names.reduce((total, name) => total + loss([name]) * (name.length + 1), 0);
    expect(loss(names)).toBeCloseTo(sum / (names.join("").length + names.length), 5);
  });

  it("is the same again from the same seed", () => {
    const again = trained(1);
    expect(again.losses).toEqual(first.losses);
    const make = (model: NameModel): string[] => {
      manualSeed(9);
      return Array.from({ length: 5 }, () => makeUpName(model, 1.5));
    };
    expect(make(again.model)).toEqual(make(first.model));
    expect(trained(2).losses).not.toEqual(first.losses);
  });
});
