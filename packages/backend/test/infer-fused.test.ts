import { DTypeError, type Meta, ShapeError, table } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { f32, f64, i32 } from "./metas.js";

const [T, B, I, H] = [7, 5, 3, 2];

describe("linear", () => {
  const linear = (x: Meta, weight: Meta, bias: Meta | null) => table.linear.infer([x, weight, bias], {});

  test("maps the last dimension", () => {
    expect(linear(f32(T, B, I), f32(H, I), f32(H))).toEqual([f32(T, B, H)]);
    expect(linear(f32(I), f32(H, I), null)).toEqual([f32(H)]);
    expect(linear(f64(0, I), f64(H, I), f64(H))).toEqual([f64(0, H)]);
  });

  test("refuses sizes that do not fit, and scalars", () => {
    expect(() => linear(f32(B, 4), f32(H, I), null)).toThrow(
      "linear: x [5, 4] does not end in 3, as weight [2, 3] needs",
    );
    expect(() => linear(f32(), f32(H, I), null)).toThrow(ShapeError);
    expect(() => linear(f32(B, I), f32(H, I, 1), null)).toThrow(ShapeError);
    expect(() => linear(f32(B, I), f32(H, I), f32(I))).toThrow("linear: bias must be [2], got [3]");
  });

  test("refuses int32 and two dtypes", () => {
    expect(() => linear(i32(B, I), i32(H, I), null)).toThrow(DTypeError);
    expect(() => linear(f32(B, I), f64(H, I), null)).toThrow(DTypeError);
    expect(() => linear(f32(B, I), f32(H, I), f64(H))).toThrow(DTypeError);
  });
});

interface SequenceInputs {
  x: Meta;
  h: Meta;
  c: Meta;
  wIh: Meta;
  wHh: Meta;
  bIh: Meta | null;
  bHh: Meta | null;
  lengths: Meta | null;
}

/** The sequence ops behind one call, so that what they share is tested once for each. */
const sequences = {
  rnnSequence: {
    gates: 1,
    states: 1,
    infer: ({ x, h, wIh, wHh, bIh, bHh, lengths }: SequenceInputs): readonly Meta[] =>
      table.rnnSequence.infer([x, h, wIh, wHh, bIh, bHh, lengths], { nonlinearity: "tanh", reverse: false }),
  },
  lstmSequence: {
    gates: 4,
    states: 2,
    infer: ({ x, h, c, wIh, wHh, bIh, bHh, lengths }: SequenceInputs): readonly Meta[] =>
      table.lstmSequence.infer([x, h, c, wIh, wHh, bIh, bHh, lengths, null], { reverse: false }),
  },
  gruSequence: {
    gates: 3,
    states: 1,
    infer: ({ x, h, wIh, wHh, bIh, bHh, lengths }: SequenceInputs): readonly Meta[] =>
      table.gruSequence.infer([x, h, wIh, wHh, bIh, bHh, lengths], { resetAfter: true, reverse: false }),
  },
};

describe.each(Object.entries(sequences))("%s", (op, { gates, states, infer }) => {
  const inputs = (changes: Partial<SequenceInputs> = {}): SequenceInputs => ({
    x: f32(T, B, I),
    h: f32(B, H),
    c: f32(B, H),
    wIh: f32(gates * H, I),
    wHh: f32(gates * H, H),
    bIh: f32(gates * H),
    bHh: f32(gates * H),
    lengths: null,
    ...changes,
  });

  test("gives every hidden state and the last state", () => {
    expect(infer(inputs())).toEqual([f32(T, B, H), ...Array<Meta>(states).fill(f32(B, H))]);
  });

  test("does without biases, and takes lengths", () => {
    expect(infer(inputs({ bIh: null, bHh: null, lengths: i32(B) }))[0]).toEqual(f32(T, B, H));
  });

  test("takes an empty batch, but no empty sequence", () => {
    const empty = inputs({ x: f32(T, 0, I), h: f32(0, H), c: f32(0, H) });
    expect(infer(empty)[0]).toEqual(f32(T, 0, H));
    expect(() => infer(inputs({ x: f32(0, B, I) }))).toThrow(`${op}: x [0, 5, 3] has no time steps`);
  });

  test.each<[string, Partial<SequenceInputs>, string]>([
    ["x without a batch", { x: f32(T, I) }, "x must have 3 dimensions, got [7, 3]"],
    ["a state of another batch", { h: f32(4, H) }, "state must be [5, 2], got [4, 2]"],
    ["weight_ih of another input size", { wIh: f32(gates * H, 4) }, `weight_ih must be [${gates * H}, 3]`],
    ["weight_hh of another number of gates", { wHh: f32(5 * H, H) }, `weight_hh must be [${gates * H}, 2]`],
    ["bias_ih of another size", { bIh: f32(1) }, `bias must be [${gates * H}], got [1]`],
    ["bias_hh of another size", { bHh: f32(1) }, `bias must be [${gates * H}], got [1]`],
    ["lengths of another batch", { lengths: i32(B + 1) }, "lengths must be [5], got [6]"],
  ])("refuses %s", (_, changes, message) => {
    expect(() => infer(inputs(changes))).toThrow(ShapeError);
    expect(() => infer(inputs(changes))).toThrow(`${op}: ${message}`);
  });

  test.each<[string, Partial<SequenceInputs>]>([
    ["int32 input", { x: i32(T, B, I) }],
    ["weights of another dtype", { wIh: f64(gates * H, I) }],
    ["a state of another dtype", { h: f64(B, H) }],
    ["a bias of another dtype", { bHh: f64(gates * H) }],
    ["lengths that are floats", { lengths: f32(B) }],
  ])("refuses %s", (_, changes) => {
    expect(() => infer(inputs(changes))).toThrow(DTypeError);
  });
});

test("lstmSequence checks the cell state as it does the hidden one", () => {
  const bad = [f32(T, B, I), f32(B, H), f32(B, 1), f32(4 * H, I), f32(4 * H, H), null, null, null, null] as const;
  expect(() => table.lstmSequence.infer(bad, { reverse: true })).toThrow("state must be [5, 2], got [5, 1]");
});

describe("lstmSequence with a projection", () => {
  const P = 7;
  interface Projected {
    readonly h: Meta;
    readonly c: Meta;
    readonly wHh: Meta;
    readonly wHr: Meta;
  }
  const infer = (changes: Partial<Projected> = {}): readonly Meta[] => {
    const { h, c, wHh, wHr } = { h: f32(B, P), c: f32(B, H), wHh: f32(4 * H, P), wHr: f32(P, H), ...changes };
    const inputs = [f32(T, B, I), h, c, f32(4 * H, I), wHh, f32(4 * H), null, null, wHr] as const;
    return table.lstmSequence.infer(inputs, { reverse: false });
  };

  test("gives every projected state, the last one, and the last cell state", () => {
    expect(infer()).toEqual([f32(T, B, P), f32(B, P), f32(B, H)]);
  });

  test.each<[string, Partial<Projected>, string]>([
    ["a hidden state of H units", { h: f32(B, H) }, `state must be [${B}, ${P}], got [${B}, ${H}]`],
    ["a cell state of P units", { c: f32(B, P) }, `state must be [${B}, ${H}], got [${B}, ${P}]`],
    ["a recurrent weight for H units", { wHh: f32(4 * H, H) }, `weight_hh must be [${4 * H}, ${P}]`],
    ["a projection of other units", { wHr: f32(P, H + 1) }, `weight_hh must be [${4 * H + 4}, ${P}]`],
    ["a projection of rank 1", { wHr: f32(P) }, "weight_hr must have 2 dimensions"],
  ])("refuses %s", (_, changes, message) => {
    expect(() => infer(changes)).toThrow(ShapeError);
    expect(() => infer(changes)).toThrow(`lstmSequence: ${message}`);
  });

  test("refuses a projection of another dtype", () => {
    expect(() => infer({ wHr: f64(P, H) })).toThrow(DTypeError);
  });
});
