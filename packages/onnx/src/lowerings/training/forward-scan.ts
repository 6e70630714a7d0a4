import type { ModelBuilder } from "../../builder.js";
import { filledAs, sizesAt, transpose, where } from "./arithmetic.js";
import type { RecurrentOperand } from "./cell.js";
import { ScanWriter } from "./scan-writer.js";
import type { SequenceOperands } from "./sequence-operands.js";

/** What the forward Scan leaves to the backward Scan. Names are those of tensors in the main graph. */
export interface Reserve {
  readonly operands: SequenceOperands;
  /** The input with a column of ones where there are biases, [T, B, I + 1]; `null` if it would have no columns. */
  readonly columns: string | null;
  /** Which sequences run at each step, bool [T, B]; `null` if all do. */
  readonly running: string | null;
  /** Kept activations, [T, H, B] each. */
  readonly kept: readonly string[];
  /** What the recurrent weights were multiplied with, [T, B, P]. */
  readonly products: { readonly [R in RecurrentOperand]?: string };
  /** The initial states, [P, B] and [H, B]. */
  readonly initial: readonly string[];
}

/** t < lengths[b] for every step and sequence. */
function runningSteps(b: ModelBuilder, { x, lengths }: SequenceOperands): string | null {
  if (lengths === null) return null;
  const [zero, one] = [b.scalar(0, "int32"), b.scalar(1, "int32")];
  const steps = b.cast(b.node("Gather", [b.node("Shape", [x.name]), zero]), "int32");
  const times = b.reshape(b.node("Range", [zero, steps, one]), [-1, 1]);
  return b.node("Less", [times, lengths.name]);
}

function inputColumns(b: ModelBuilder, { x, parameters: { bIh, bHh } }: SequenceOperands): string | null {
  const parts = x.shape[2] === 0 ? [] : [x.name];
  if (bIh || bHh) {
    const shape = b.concat([sizesAt(b, x.name, 0, 2), b.int64([1])], 0);
    parts.push(filledAs(b, 1, shape, x.dtype));
  }
  return parts.length === 0 ? null : b.concat(parts, 2);
}

/** What a gradient needs: nothing, activations, or also what the recurrent weights were multiplied with. */
export type Kept = "nothing" | "activations" | "products";

/** The forward pass as a Scan that keeps what the gradient needs; returns the names of y and the last states. */
export function forwardScan(
  b: ModelBuilder,
  operands: SequenceOperands,
  wanted: readonly boolean[],
  keep: Kept,
): { readonly outputs: readonly (string | null)[]; readonly reserve: Reserve } {
  const { cell, x, parameters, reverse } = operands;
  const { dtype } = parameters;
  const weights = cell.forwardWeights(b, parameters);
  const columns = inputColumns(b, operands);
  const running = runningSteps(b, operands);
  const initial = operands.initial.map((state) => transpose(b, state.name));

  const scan = new ScanWriter(b, "forward");
  const { body } = scan;
  const states = initial.map((name, i) => scan.state(`state_${i}`, name, dtype));
  const slice = scan.slice("x", columns ?? x.name, dtype);
  const runs = running === null ? null : scan.slice("running", running, "bool");
  const keepProducts = keep === "products";
  const {
    next,
    kept: made,
    product,
  } = cell.step(body, weights, columns === null ? null : transpose(body, slice), states);
  const carried = runs === null ? next : next.map((name, i) => where(body, runs, name, states[i]));
  const kept = keep === "nothing" ? [] : made;
  const results = [...kept];
  const y = wanted[0] ? results.length : null;
  if (y !== null)
    results.push(transpose(body, runs === null ? next[0] : where(body, runs, next[0], body.scalar(0, dtype))));
  const before = keepProducts ? results.length : null;
  if (before !== null) results.push(transpose(body, states[0]));
  const after = keepProducts && product !== undefined ? results.length : null;
  if (after !== null) results.push(transpose(body, product as string));

  const { last, stacked } = scan.write(carried, results, dtype, reverse);
  const reserve: Reserve = {
    operands,
    columns,
    running,
    kept: stacked.slice(0, kept.length),
    products: {
      ...(before !== null && { state: stacked[before] }),
      ...(after !== null && { result: stacked[after] }),
    },
    initial,
  };
  const final = last.map((name, i) => (wanted[i + 1] ? transpose(b, name) : null));
  return { outputs: [y === null ? null : stacked[y], ...final], reserve };
}
