import { describe, test } from "vitest";
import { expectSameAsInterpreter } from "./against-interpreter.js";
import { kinds, type PairCase, pairGraph } from "./pair-cases.js";

async function check(c: PairCase): Promise<void> {
  const { graph, inputs } = pairGraph(c);
  await expectSameAsInterpreter(graph, inputs);
}

const odd = { T: 5, B: 3, I: 2, H: 7 };
const biasChoices = [
  ["both biases", [true, true]],
  ["no biases", [false, false]],
  ["input bias only", [true, false]],
  ["hidden bias only", [false, true]],
] as const;

describe.each(kinds)("%s and its gradient in ONNX Runtime equal the interpreter", (kind) => {
  for (const dtype of ["float32", "float64"] as const)
    for (const reverse of [false, true])
      for (const lengths of [undefined, [5, 2, 0]])
        for (const [biasName, biases] of biasChoices) {
          const where = `${dtype}, ${reverse ? "backwards" : "forwards"}${lengths ? ", ragged" : ""}, ${biasName}`;
          test(where, () => check({ kind, ...odd, dtype, reverse, biases, ...(lengths && { lengths }) }));
        }

  test("none full", () => check({ kind, ...odd, lengths: [1, 4, 3] }));
  test("all empty", () => check({ kind, ...odd, lengths: [0, 0, 0], reverse: true }));
  test("one step of one number", () => check({ kind, T: 1, B: 1, I: 1, H: 1 }));
  test("one step", () => check({ kind, T: 1, B: 3, I: 5, H: 7, lengths: [1, 0, 1] }));
  test("larger than a vector register", () => check({ kind, T: 7, B: 17, I: 17, H: 17 }));
  test("larger, backwards and ragged", () =>
    check({ kind, T: 5, B: 7, I: 3, H: 17, reverse: true, lengths: [5, 0, 1, 2, 3, 4, 5] }));
  test("no sequences", () => check({ kind, T: 3, B: 0, I: 2, H: 4 }));
  test("no features", () => check({ kind, T: 3, B: 2, I: 0, H: 4 }));
  test("no features, no biases", () => check({ kind, T: 3, B: 2, I: 0, H: 4, biases: [false, false] }));

  const outputs = kind === "lstm" ? 3 : 2;
  for (let mask = 0; mask < 2 ** outputs; mask++) {
    const cotangents = Array.from({ length: outputs }, (_, i) => (mask & (1 << i)) !== 0);
    test(`cotangents ${cotangents.join(", ")}`, () => check({ kind, ...odd, cotangents, lengths: [5, 2, 0] }));
  }
  const states = kind === "lstm" ? ["h", "c"] : ["h"];
  for (const wanted of [...["x", "wIh", "wHh", "bIh", "bHh", ...states].map((name) => [name]), ["bIh", "bHh"]])
    test(`only the gradient of ${wanted.join(" and ")}`, () => check({ kind, ...odd, wanted }));
});
