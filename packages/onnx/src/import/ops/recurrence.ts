import type { ScanOutcome } from "../assembler.js";
import type { ImportCall } from "../import-call.js";
import type { Operand } from "../operand.js";
import type { Kind } from "../weights/gates.js";
import { clamp } from "./activations.js";

/** An activation with its parameters. */
export type Activate = (x: Operand) => Operand;

/** One direction of a recurrent operator, its gates in the op table's order. */
export interface Recurrence {
  readonly kind: Kind;
  readonly x: Operand;
  readonly states: readonly Operand[];
  readonly wIh: Operand;
  readonly wHh: Operand;
  readonly bIh: Operand | null;
  readonly bHh: Operand | null;
  /** int32 or int64 [B]. */
  readonly lengths: Operand | null;
  readonly reverse: boolean;
  readonly resetAfter: boolean;
  /** In ONNX's order f, g, h. */
  readonly activate: readonly Activate[];
  /** Bounds what goes into the gates' activations. */
  readonly clip: number | null;
  /** [3H]: input, output and forget gate. */
  readonly peephole: Operand | null;
}

/** `x[..., from:to]`. */
function columns(c: ImportCall, x: Operand, from: number, to: number): Operand {
  const last = x.shape.length - 1;
  return c.b.apply("slice", [x], {
    starts: x.shape.map((_, i) => (i === last ? from : 0)),
    ends: x.shape.map((size, i) => (i === last ? to : size)),
    steps: x.shape.map(() => 1),
  });
}

/**
 * A recurrent operator that no fused op says, as a scan over its steps: y [T, B, H], then the last states.
 * The input product of all steps is one `linear` before it.
 */
export function recurrence(c: ImportCall, r: Recurrence): Operand[] {
  const { x, kind, lengths, clip } = r;
  const hidden = r.wHh.shape[1];
  const [steps, batch] = x.shape;
  const binary = (op: "add" | "sub" | "mul", a: Operand, b: Operand): Operand => c.b.apply(op, [a, b], {});
  const bounded = (gate: Operand): Operand => (clip === null ? gate : clamp(c, gate, -clip, clip));
  const gate = (all: Operand, i: number): Operand => columns(c, all, i * hidden, (i + 1) * hidden);
  const recurrent = (h: Operand, rows: readonly [number, number] | null): Operand => {
    if (!rows) return c.b.apply("linear", [h, r.wHh, r.bHh], {});
    const cutRows = (w: Operand): Operand =>
      c.b.apply("slice", [w], {
        starts: w.shape.map((_, i) => (i === 0 ? rows[0] * hidden : 0)),
        ends: w.shape.map((size, i) => (i === 0 ? rows[1] * hidden : size)),
        steps: w.shape.map(() => 1),
      });
    return c.b.apply("linear", [h, cutRows(r.wHh), r.bHh && cutRows(r.bHh)], {});
  };
  const [f, g, h] = r.activate;
  const peep = (i: number, cell: Operand): Operand | null => r.peephole && binary("mul", cell, gate(r.peephole, i));
  const plus = (a: Operand, b: Operand | null): Operand => (b ? binary("add", a, b) : a);

  const lstm = (input: Operand, [before, cell]: readonly Operand[]): Operand[] => {
    const all = binary("add", input, recurrent(before, null));
    const inputGate = f(bounded(plus(gate(all, 0), peep(0, cell))));
    const forget = f(bounded(plus(gate(all, 1), peep(2, cell))));
    const candidate = g(bounded(gate(all, 2)));
    const next = binary("add", binary("mul", forget, cell), binary("mul", inputGate, candidate));
    const output = f(bounded(plus(gate(all, 3), peep(1, next))));
    return [binary("mul", output, h(next)), next];
  };
  const gru = (input: Operand, [before]: readonly Operand[]): Operand[] => {
    const rz = recurrent(before, r.resetAfter ? null : [0, 2]);
    const reset = f(bounded(binary("add", gate(input, 0), gate(rz, 0))));
    const update = f(bounded(binary("add", gate(input, 1), gate(rz, 1))));
    const fromState = r.resetAfter
      ? binary("mul", reset, gate(rz, 2))
      : recurrent(binary("mul", reset, before), [2, 3]);
    const candidate = g(bounded(binary("add", gate(input, 2), fromState)));
    const kept = binary("mul", update, binary("sub", before, candidate));
    return [binary("add", candidate, kept)];
  };
  const rnn = (input: Operand, [before]: readonly Operand[]): Operand[] => [
    f(bounded(binary("add", input, recurrent(before, null)))),
  ];
  const advance = { RNN: rnn, LSTM: lstm, GRU: gru }[kind];

  const projected = c.b.apply("linear", [x, r.wIh, r.bIh], {});
  const times = lengths ? [c.b.counted(0, 1, steps, "int32")] : [];
  const narrow = lengths && c.b.retyped(lengths, "int32");
  const step = (now: readonly Operand[], [input, time]: readonly Operand[]): ScanOutcome => {
    const next = advance(input, now);
    if (!narrow) return { states: next, results: [next[0]] };
    const inside = c.b.apply("less", [time, c.b.apply("reshape", [narrow], { shape: [batch, 1] })], {});
    const carried = next.map((state, i) => c.b.apply("where", [inside, state, now[i]], {}));
    const zero = c.b.scalar(0, x.dtype);
    return { states: carried, results: [c.b.apply("where", [inside, next[0], zero], {})] };
  };
  const done = c.b.scan(r.states, [projected, ...times], r.reverse, step) as ScanOutcome;
  return [done.results[0], ...done.states];
}
