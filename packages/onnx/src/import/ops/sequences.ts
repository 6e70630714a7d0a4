import { ShapeError } from "@unrolled/backend";
import type { ImportCall, Importers } from "../import-call.js";
import { CannotImport, type Operand, type Weight } from "../operand.js";
import { gateOrders, type Kind } from "../weights/gates.js";
import { activations } from "./activations.js";
import { type Activate, recurrence } from "./recurrence.js";

interface NamedActivation {
  readonly name: string;
  readonly activate: Activate;
}

interface OperandWeights {
  readonly wIh: Operand;
  readonly wHh: Operand;
  readonly bIh: Operand | null;
  readonly bHh: Operand | null;
}

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

/** Names of activations with the parameters given for them, one list a direction. */
function activationsOf(c: ImportCall, kind: Kind, directions: number): readonly (readonly NamedActivation[])[] {
  const usual = defaultActivations[kind];
  const given = c.strings("activations").map((name) => name.toLowerCase());
  const names = given.length > 0 ? given : Array.from({ length: directions }, () => usual).flat();
  if (names.length !== usual.length * directions)
    throw c.broken(`names ${names.length} activations`, `it takes ${usual.length * directions}`);
  const unknown = names.filter((name) => !Object.hasOwn(activations, name));
  if (unknown.length > 0) throw new CannotImport(`activations ${unknown.join(", ")}`);
  const [alphas, betas] = [c.floats("activation_alpha"), c.floats("activation_beta")];
  const all = names.map((name): NamedActivation => {
    const { make, alpha, beta } = activations[name];
    const take = (given: number[], fallback: number | null | undefined): number => {
      if (fallback === undefined) return 0;
      const value = given.shift() ?? fallback;
      if (value === null)
        throw new CannotImport(`${name} without activation_alpha and activation_beta, for which runtimes differ`);
      return value;
    };
    const a = take(alphas, alpha);
    const b = take(betas, beta);
    return { name, activate: (x) => make(c, x, a, b) };
  });
  if (alphas.length + betas.length > 0)
    throw c.broken("has more activation_alpha or activation_beta than its activations take", "give one for each");
  return Array.from({ length: directions }, (_, d) => all.slice(d * usual.length, (d + 1) * usual.length));
}

function requireShape(what: string, x: Operand, shape: readonly number[]): void {
  if (x.shape.length === shape.length && x.shape.every((size, i) => size === shape[i])) return;
  throw new ShapeError(what, `is [${x.shape.join(", ")}]`, `it must be [${shape.join(", ")}]`);
}

/** Weights of one direction as they stand in the file, in the op table's order of gates. */
function fileWeights(c: ImportCall, order: readonly number[], hidden: number, d: number): OperandWeights {
  const size = order.length * hidden;
  const bias = c.optional(3);
  const both = bias && direction(c, bias, d);
  const half = (i: number): Operand | null => both && reordered(c, cut(c, both, 0, i * size, (i + 1) * size), order);
  return {
    wIh: reordered(c, direction(c, c.in(1), d), order),
    wHh: reordered(c, direction(c, c.in(2), d), order),
    bIh: half(0),
    bHh: half(1),
  };
}

function weightsOf(c: ImportCall, order: readonly number[], hidden: number, d: number): OperandWeights {
  const own = c.context.weights;
  if (own?.kind !== "recurrent") return fileWeights(c, order, hidden, d);
  const { wIh, wHh, bIh, bHh } = own.directions[d];
  const held = (weight: Weight | null): Operand | null => weight && c.b.weight(weight);
  return { wIh: c.b.weight(wIh), wHh: c.b.weight(wHh), bIh: held(bIh), bHh: held(bHh) };
}

function lengthsOf(c: ImportCall, steps: number, batch: number): Operand | null {
  const lengths = c.optional(4);
  if (!lengths) return null;
  requireShape("sequence_lens", lengths, [batch]);
  if (lengths.fill === steps || lengths.constant?.data.every((length) => length === steps)) return null;
  const wild = lengths.constant?.data.find((length) => length < 0 || length > steps);
  if (wild !== undefined) throw c.broken(`has a sequence of length ${wild}`, `lengths are 0 to ${steps}`);
  return lengths;
}

/** x [T, B, I], W [D, G*H, I], R [D, G*H, H], B [D, 2*G*H], states [D, B, H] -> Y [T, D, B, H], Y_h and Y_c [D, B, H]. */
function sequence(c: ImportCall, kind: Kind): readonly Operand[] {
  if (kind === "LSTM" && c.flag("input_forget", false))
    throw new CannotImport(
      "input_forget 1: runtimes differ in how they couple the gates, so that no result is the right one",
    );
  const batchFirst = c.int("layout", 0) === 1;
  const swapped = (x: Operand, perm: readonly number[]): Operand =>
    batchFirst ? c.b.apply("transpose", [x], { perm }) : x;
  const order = gateOrders[kind];
  const [given, w, r] = [c.in(0), c.in(1), c.in(2)];
  const way = c.string("direction", "forward");
  if (!["forward", "reverse", "bidirectional"].includes(way))
    throw c.broken(`has direction ${way}`, "use forward, reverse or bidirectional");
  const directions = way === "bidirectional" ? 2 : 1;
  if (given.shape.length !== 3 || w.shape.length !== 3 || r.shape.length !== 3)
    throw c.broken(
      `has X, W, R of ranks ${given.shape.length}, ${w.shape.length}, ${r.shape.length}`,
      "all have rank 3",
    );
  const x = swapped(given, [1, 0, 2]);
  const [steps, batch, features] = x.shape;
  const hidden = c.int("hidden_size", r.shape[2]);
  requireShape("W", w, [directions, order.length * hidden, features]);
  requireShape("R", r, [directions, order.length * hidden, hidden]);
  const bias = c.optional(3);
  if (bias) requireShape("B", bias, [directions, 2 * order.length * hidden]);
  const states = (kind === "LSTM" ? [5, 6] : [5]).map((input) => {
    const state = c.optional(input);
    return state && swapped(state, [1, 0, 2]);
  });
  for (const state of states) if (state) requireShape("initial state", state, [directions, batch, hidden]);
  const peephole = kind === "LSTM" ? c.optional(7) : null;
  if (peephole) requireShape("P", peephole, [directions, 3 * hidden]);
  const lengths = lengthsOf(c, steps, batch);
  const named = activationsOf(c, kind, directions);
  const clip = c.has("clip") ? c.float("clip", 0) : null;
  const resetAfter = kind === "GRU" && c.flag("linear_before_reset", false);
  const each = named.map((activation, d): Operand[] => {
    const reverse = way === "reverse" || d === 1;
    const weights = weightsOf(c, order, hidden, d);
    const start = states.map((state) => (state ? direction(c, state, d) : c.b.filled(0, [batch, hidden], x.type)));
    const usual = activation.every(({ name }, i) => name === defaultActivations[kind][i]);
    const relu = kind === "RNN" && activation[0].name === "relu";
    if (clip !== null || peephole || !(usual || relu)) {
      const activate = activation.map((each) => each.activate);
      const own = peephole && direction(c, peephole, d);
      const all = { kind, x, states: start, ...weights, lengths, reverse, resetAfter, activate, clip, peephole: own };
      return recurrence(c, all);
    }
    const { wIh, wHh, bIh, bHh } = weights;
    const inputs = [x, ...start, wIh, wHh, bIh, bHh, lengths];
    if (kind === "LSTM") return c.b.applyAll("lstmSequence", [...inputs, null], { reverse });
    if (kind === "GRU") return c.b.applyAll("gruSequence", inputs, { resetAfter, reverse });
    return c.b.applyAll("rnnSequence", inputs, { nonlinearity: relu ? "relu" : "tanh", reverse });
  });
  return each[0].map((_, i) => {
    const axis = i === 0 ? 1 : 0;
    const lead = i === 0 ? [steps] : [];
    const parts = each.map((out) => c.b.apply("reshape", [out[i]], { shape: [...lead, 1, batch, hidden] }));
    const joined = directions === 1 ? parts[0] : c.b.apply("concat", parts, { axis });
    return swapped(joined, i === 0 ? [2, 0, 1, 3] : [1, 0, 2]);
  });
}

export const sequences: Importers = {
  RNN: { inputs: [3, 6], build: (c) => sequence(c, "RNN") },
  LSTM: { inputs: [3, 8], build: (c) => sequence(c, "LSTM") },
  GRU: { inputs: [3, 6], build: (c) => sequence(c, "GRU") },
};
