import type { GraphValue } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { GraphMaker } from "./graphMaker.js";
import { naiveSequence, type SequenceCase } from "./naiveSequence.js";
import { expectClose, random } from "./numbers.js";
import { type Host, host, runOnce } from "./ort.js";

const kinds = ["tanh", "relu", "lstm", "gru", "gruResetBefore"] as const;
const gates = { tanh: 1, relu: 1, lstm: 4, gru: 3, gruResetBefore: 3 };

interface Sizes {
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
}

function makeCase(
  kind: SequenceCase["kind"],
  { T, B, I, H }: Sizes,
  options: { reverse?: boolean; lengths?: readonly number[]; bIh?: boolean; bHh?: boolean } = {},
): SequenceCase {
  const G = gates[kind];
  return {
    kind,
    reverse: options.reverse ?? false,
    x: random([T, B, I], 1),
    h: random([B, H], 2),
    c: random([B, H], 3),
    wIh: random([G * H, I], 4, 1 / Math.sqrt(I)),
    wHh: random([G * H, H], 5, 1 / Math.sqrt(H)),
    bIh: options.bIh === false ? null : random([G * H], 6),
    bHh: options.bHh === false ? null : random([G * H], 7),
    lengths: options.lengths ? host("int32", [B], options.lengths) : null,
  };
}

function sequenceOp(g: GraphMaker, s: SequenceCase, v: Record<string, GraphValue | null>): GraphValue[] {
  const rest = [v.wIh, v.wHh, v.bIh, v.bHh, v.lengths];
  const { reverse } = s;
  if (s.kind === "lstm") return g.op("lstmSequence", [v.x, v.h, v.c, ...rest], { reverse });
  if (s.kind === "tanh" || s.kind === "relu") {
    return g.op("rnnSequence", [v.x, v.h, ...rest], { nonlinearity: s.kind, reverse });
  }
  return g.op("gruSequence", [v.x, v.h, ...rest], { resetAfter: s.kind === "gru", reverse });
}

async function check(s: SequenceCase, constantWeights: boolean): Promise<void> {
  const g = new GraphMaker();
  const values: Record<string, GraphValue | null> = {};
  const inputs: Record<string, Host> = {};
  for (const name of ["x", "h", "c", "wIh", "wHh", "bIh", "bHh", "lengths"] as const) {
    const tensor = s[name];
    const constant = constantWeights && /^[wb]/.test(name);
    if (tensor === null) values[name] = null;
    else if (constant) values[name] = g.constant(tensor.data, tensor.shape, tensor.dtype);
    else {
      values[name] = g.input(name, tensor.shape, tensor.dtype);
      inputs[name] = tensor;
    }
  }
  const outputs = sequenceOp(g, s, values);
  ["y", "h_n", "c_n"].slice(0, outputs.length).forEach((name, i) => {
    g.output(name, outputs[i]);
  });
  const actual = await runOnce(g.build(), inputs);
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
