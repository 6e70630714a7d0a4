import { describe, expect, test } from "vitest";
import { naiveSequence, type SequenceCase } from "./naive-sequence.js";
import { expectClose } from "./numbers.js";
import { runOnce } from "./ort.js";
import { kinds, makeCase, type Sizes, sequenceGraph } from "./sequence-cases.js";

async function check(s: SequenceCase, constantWeights: boolean): Promise<void> {
  const { graph, inputs } = sequenceGraph(s, constantWeights);
  const actual = await runOnce(graph, inputs);
  const expected = naiveSequence(s);
  const [T, B] = s.x.shape;
  const H = s.wHh.shape[1];
  expect(actual.y.shape).toEqual([T, B, H]);
  expect(actual.h_n.shape).toEqual([B, H]);
  expectClose(actual.y.data, expected.y, 1e-5);
  expectClose(actual.h_n.data, expected.h, 1e-5);
  if (s.kind === "lstm") expectClose(actual.c_n.data, expected.c, 1e-5);
}

const odd: Sizes = { T: 5, B: 3, I: 2, H: 7 };

describe.each(kinds)("%s in ONNX Runtime equals the loop", (kind) => {
  for (const reverse of [false, true]) {
    for (const constantWeights of [false, true]) {
      const where = `${reverse ? "backwards" : "forwards"}, weights ${constantWeights ? "constant" : "fed"}`;
      test(where, () => check(makeCase(kind, odd, { reverse }), constantWeights));
      test(`${where}, ragged`, () => check(makeCase(kind, odd, { reverse, lengths: [5, 2, 1] }), constantWeights));
      test(`${where}, ragged, none full`, () =>
        check(makeCase(kind, odd, { reverse, lengths: [1, 4, 3] }), constantWeights));
      test(`${where}, with empty sequences`, () =>
        check(makeCase(kind, odd, { reverse, lengths: [0, 5, 0] }), constantWeights));
      test(`${where}, all empty`, () => check(makeCase(kind, odd, { reverse, lengths: [0, 0, 0] }), constantWeights));
      test(`${where}, no biases`, () =>
        check(makeCase(kind, odd, { reverse, bIh: false, bHh: false }), constantWeights));
      test(`${where}, input bias only`, () => check(makeCase(kind, odd, { reverse, bHh: false }), constantWeights));
      test(`${where}, hidden bias only`, () => check(makeCase(kind, odd, { reverse, bIh: false }), constantWeights));
    }
  }
  test("one step of one number", () => check(makeCase(kind, { T: 1, B: 1, I: 1, H: 1 }), true));
  test("larger than a vector register", () => check(makeCase(kind, { T: 9, B: 17, I: 33, H: 33 }), true));
  test("ragged, larger", () =>
    check(
      makeCase(kind, { T: 9, B: 17, I: 5, H: 33 }, { lengths: [9, 1, 0, 3, 4, 9, 8, 7, 2, 2, 6, 5, 0, 9, 1, 1, 3] }),
      false,
    ));
  test("no sequences", () => check(makeCase(kind, { T: 3, B: 0, I: 2, H: 4 }), true));
  test("no features", () => check(makeCase(kind, { T: 3, B: 2, I: 0, H: 4 }), true));
});
