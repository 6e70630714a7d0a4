import type { In } from "@unrolled/backend";
import { sigmoid } from "./elementwise.js";
import type { Values } from "./values.js";

/** Steps that row `b` of the batch really has, in the order in which they are taken. */
function steps(T: number, b: number, lengths: Values | null, reverse: boolean): number[] {
  const length = lengths ? lengths.values[b] : T;
  const times = Array.from({ length }, (_, t) => t);
  return reverse ? times.reverse() : times;
}

/** Row `row` of `weight` times `vector`, plus `bias[row]` if there is a bias. */
function affine(weight: Values, bias: Values | null, row: number, vector: ArrayLike<number>): number {
  let sum = bias ? bias.values[row] : 0;
  for (let k = 0; k < vector.length; k++) sum += weight.values[row * vector.length + k] * vector[k];
  return sum;
}

interface Walk {
  /** y [T, B, H] and the last states, each [B, H]. */
  readonly y: Float64Array;
  readonly states: Float64Array[];
}

/** Takes each row of the batch through its steps. `next` maps x[t, b] and the states of that row to the new states; the first is y. */
function walk(
  x: Values,
  initial: readonly Values[],
  lengths: Values | null,
  reverse: boolean,
  next: (x: Float64Array, states: Float64Array[]) => Float64Array[],
): Walk {
  const [T, B, I] = x.shape;
  const widths = initial.map(({ shape }) => shape[1]);
  const [width] = widths;
  const y = new Float64Array(T * B * width);
  const states = initial.map((state) => state.values.slice());
  for (let b = 0; b < B; b++) {
    let row: Float64Array[] = states.map((state, s) => state.slice(b * widths[s], (b + 1) * widths[s]));
    for (const t of steps(T, b, lengths, reverse)) {
      const start = (t * B + b) * I;
      row = next(x.values.subarray(start, start + I), row);
      y.set(row[0], (t * B + b) * width);
    }
    for (const [s, state] of states.entries()) state.set(row[s], b * widths[s]);
  }
  return { y, states };
}

type Outputs2 = readonly [Float64Array, Float64Array];
type Outputs3 = readonly [Float64Array, Float64Array, Float64Array];

/** h' = f(W_ih x + b_ih + W_hh h + b_hh) */
export function rnnSequence(
  [x, h0, wIh, wHh, bIh, bHh, lengths]: In<"rnnSequence", Values>,
  { nonlinearity, reverse }: { readonly nonlinearity: "tanh" | "relu"; readonly reverse: boolean },
): Outputs2 {
  const f = nonlinearity === "tanh" ? Math.tanh : (v: number): number => Math.max(v, 0);
  const { y, states } = walk(x, [h0], lengths, reverse, (xt, [h]) => [
    h.map((_, j) => f(affine(wIh, bIh, j, xt) + affine(wHh, bHh, j, h))),
  ]);
  return [y, states[0]];
}

/** i, f, o = sigmoid, g = tanh of their affine maps; c' = f c + i g; h' = o tanh(c'), or W_hr of that */
export function lstmSequence(
  [x, h0, c0, wIh, wHh, bIh, bHh, lengths, wHr]: In<"lstmSequence", Values>,
  { reverse }: { readonly reverse: boolean },
): Outputs3 {
  const { y, states } = walk(x, [h0, c0], lengths, reverse, (xt, [h, c]) => {
    const H = c.length;
    const gate = (k: number, j: number): number => affine(wIh, bIh, k * H + j, xt) + affine(wHh, bHh, k * H + j, h);
    const cell = c.map((old, j) => sigmoid(gate(1, j)) * old + sigmoid(gate(0, j)) * Math.tanh(gate(2, j)));
    const hidden = cell.map((value, j) => sigmoid(gate(3, j)) * Math.tanh(value));
    return [wHr ? h.map((_, p) => affine(wHr, null, p, hidden)) : hidden, cell];
  });
  return [y, states[0], states[1]];
}

/** r, z = sigmoid; n = tanh of the input plus r * (W_hn h + b_hn), or, reset before, W_hn (r * h) + b_hn; h' = (1 - z) n + z h */
export function gruSequence(
  [x, h0, wIh, wHh, bIh, bHh, lengths]: In<"gruSequence", Values>,
  { resetAfter, reverse }: { readonly resetAfter: boolean; readonly reverse: boolean },
): Outputs2 {
  const { y, states } = walk(x, [h0], lengths, reverse, (xt, [h]) => {
    const H = h.length;
    const input = (k: number, j: number): number => affine(wIh, bIh, k * H + j, xt);
    const recurrent = (k: number, j: number, state: Float64Array): number => affine(wHh, bHh, k * H + j, state);
    const r = h.map((_, j) => sigmoid(input(0, j) + recurrent(0, j, h)));
    const z = h.map((_, j) => sigmoid(input(1, j) + recurrent(1, j, h)));
    const gated = h.map((value, j) => r[j] * value);
    const n = h.map((_, j) => {
      const past = resetAfter ? r[j] * recurrent(2, j, h) : recurrent(2, j, gated);
      return Math.tanh(input(2, j) + past);
    });
    return [h.map((value, j) => (1 - z[j]) * n[j] + z[j] * value)];
  });
  return [y, states[0]];
}

/** x weight^T + bias over the last dimension. */
export function linear([x, weight, bias]: In<"linear", Values>): readonly [Float64Array] {
  const [O, I] = weight.shape;
  const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const y = new Float64Array(rows * O);
  for (let r = 0; r < rows; r++) {
    const row = x.values.subarray(r * I, (r + 1) * I);
    for (let o = 0; o < O; o++) y[r * O + o] = affine(weight, bias, o, row);
  }
  return [y];
}
