import { ShapeError } from "@unrolled/backend";
import type { ImportCall, Importers } from "../import-call.js";
import { CannotImport, type Operand } from "../operand.js";

type Kind = "RNN" | "LSTM" | "GRU";

/** For each gate of the op table, its place in ONNX's stack: r, z, n in z, r, h; i, f, g, o in i, o, f, c. */
const gateOrders: { readonly [K in Kind]: readonly number[] } = { RNN: [0], LSTM: [0, 2, 3, 1], GRU: [1, 0, 2] };
const defaultActivations: { readonly [K in Kind]: readonly string[] } = {
  RNN: ["tanh"],
  LSTM: ["sigmoid", "tanh", "tanh"],
  GRU: ["sigmoid", "tanh"],
};

/** `x[from:to]` along an axis. */
function cut(c: ImportCall, x: Operand, axis: number, from: number, to: number): Operand {
  const starts = x.shape.map((_, i) => (i === axis ? from : 0));
  const ends = x.shape.map((size, i) => (i === axis ? to : size));
  return c.b.apply("slice", [x], { starts, ends, steps: x.shape.map(() => 1) });
}

/** One direction of a tensor [D, ...] as [...]. */
function direction(c: ImportCall, x: Operand, index: number): Operand {
  const one = x.shape[0] === 1 ? x : cut(c, x, 0, index, index + 1);
  return c.b.apply("reshape", [one], { shape: x.shape.slice(1) });
}

/** Blocks of rows in the op table's order of gates. */
function reordered(c: ImportCall, x: Operand, order: readonly number[]): Operand {
  if (order.length === 1) return x;
  const rows = x.shape[0] / order.length;
  const blocks = order.map((gate) => cut(c, x, 0, gate * rows, (gate + 1) * rows));
  return c.b.apply("concat", blocks, { axis: 0 });
}

function refuseVariants(c: ImportCall, kind: Kind): void {
  const reasons: string[] = [];
  if (c.int("layout", 0) !== 0) reasons.push("layout 1: only time first is known");
  if (c.has("clip")) reasons.push(`clip ${c.float("clip", 0)}: the gates are not clipped here`);
  if (c.floats("activation_alpha").length + c.floats("activation_beta").length > 0)
    reasons.push("activation_alpha or activation_beta: the activations here have no parameters");
  if (kind === "LSTM" && c.flag("input_forget", false))
    reasons.push("input_forget 1: runtimes differ in how they couple the gates, so that no result is the right one");
  if (kind === "LSTM" && c.optional(7)) reasons.push("peephole weights P");
  if (reasons.length > 0) throw new CannotImport(reasons.join(", "));
}

/** The activations of each direction. */
function activations(c: ImportCall, kind: Kind, directions: number): readonly (readonly string[])[] {
  const usual = defaultActivations[kind];
  const given = c.strings("activations").map((name) => name.toLowerCase());
  if (given.length === 0) return Array.from({ length: directions }, () => usual);
  if (given.length !== usual.length * directions)
    throw c.broken(`names ${given.length} activations`, `it takes ${usual.length * directions}`);
  const each = Array.from({ length: directions }, (_, d) => given.slice(d * usual.length, (d + 1) * usual.length));
  const known = (names: readonly string[]): boolean =>
    names.every((name, i) => name === usual[i]) || (kind === "RNN" && names[0] === "relu");
  if (!each.every(known))
    throw new CannotImport(`activations ${given.join(", ")}: the usual ones are ${usual.join(", ")}`);
  return each;
}

function requireShape(what: string, x: Operand, shape: readonly number[]): void {
  if (x.shape.length === shape.length && x.shape.every((size, i) => size === shape[i])) return;
  throw new ShapeError(what, `is [${x.shape.join(", ")}]`, `it must be [${shape.join(", ")}]`);
}

/** x [T, B, I], W [D, G*H, I], R [D, G*H, H], B [D, 2*G*H], states [D, B, H] -> Y [T, D, B, H], Y_h and Y_c [D, B, H]. */
function sequence(c: ImportCall, kind: Kind): readonly Operand[] {
  refuseVariants(c, kind);
  const order = gateOrders[kind];
  const [x, w, r] = [c.in(0), c.in(1), c.in(2)];
  const way = c.string("direction", "forward");
  if (!["forward", "reverse", "bidirectional"].includes(way))
    throw c.broken(`has direction ${way}`, "use forward, reverse or bidirectional");
  const directions = way === "bidirectional" ? 2 : 1;
  if (x.shape.length !== 3 || w.shape.length !== 3 || r.shape.length !== 3)
    throw c.broken(`has X, W, R of ranks ${x.shape.length}, ${w.shape.length}, ${r.shape.length}`, "all have rank 3");
  const [steps, batch, features] = x.shape;
  const hidden = c.int("hidden_size", r.shape[2]);
  requireShape("W", w, [directions, order.length * hidden, features]);
  requireShape("R", r, [directions, order.length * hidden, hidden]);
  const bias = c.optional(3);
  if (bias) requireShape("B", bias, [directions, 2 * order.length * hidden]);
  const states = (kind === "LSTM" ? [5, 6] : [5]).map((input) => c.optional(input));
  for (const state of states) if (state) requireShape("initial state", state, [directions, batch, hidden]);
  const lengths = c.optional(4)?.constant?.data.every((length) => length === steps) ? null : c.optional(4);
  const wild = lengths?.constant?.data.find((length) => length < 0 || length > steps);
  if (wild !== undefined) throw c.broken(`has a sequence of length ${wild}`, `lengths are 0 to ${steps}`);
  const names = activations(c, kind, directions);
  const resetAfter = kind === "GRU" && c.flag("linear_before_reset", false);
  const each = names.map(([first], d): Operand[] => {
    const reverse = way === "reverse" || d === 1;
    const size = order.length * hidden;
    const both = bias && direction(c, bias, d);
    const half = (i: number): Operand | null => both && reordered(c, cut(c, both, 0, i * size, (i + 1) * size), order);
    const start = states.map((state) => (state ? direction(c, state, d) : c.b.filled(0, [batch, hidden], x.type)));
    const weights = [reordered(c, direction(c, w, d), order), reordered(c, direction(c, r, d), order)];
    const inputs = [x, ...start, ...weights, half(0), half(1), lengths];
    if (kind === "LSTM") return c.b.applyAll("lstmSequence", inputs, { reverse });
    if (kind === "GRU") return c.b.applyAll("gruSequence", inputs, { resetAfter, reverse });
    return c.b.applyAll("rnnSequence", inputs, { nonlinearity: first === "relu" ? "relu" : "tanh", reverse });
  });
  return each[0].map((_, i) => {
    const axis = i === 0 ? 1 : 0;
    const lead = i === 0 ? [steps] : [];
    const parts = each.map((out) => c.b.apply("reshape", [out[i]], { shape: [...lead, 1, batch, hidden] }));
    return directions === 1 ? parts[0] : c.b.apply("concat", parts, { axis });
  });
}

export const sequences: Importers = {
  RNN: { inputs: [3, 6], build: (c) => sequence(c, "RNN") },
  LSTM: { inputs: [3, 8], build: (c) => sequence(c, "LSTM") },
  GRU: { inputs: [3, 6], build: (c) => sequence(c, "GRU") },
};
