import { ArgumentError, formatShape, GraphError, requireKnownOptions, ShapeError } from "@unrolled/backend";
import { defaultGenerator, describeValue, type Generator, isTracing, stack, type Tensor, unbind } from "@unrolled/core";
import type { Cell, CellResult } from "./cell.js";
import { requireState, zeroStateOf } from "./cell-contract.js";
import { requireTensor } from "./checks.js";
import { requireCounts } from "./parameters.js";
import { stepRow } from "./recurrent-cell.js";
import { RecurrentStack } from "./recurrent-stack.js";

/** Options of `unroll`. */
export interface UnrollOptions<S extends readonly Tensor[]> {
  /** How many outputs to make. */
  readonly steps: number;
  /** What the first step reads, [B, I]. */
  readonly start: Tensor;
  /** Where to begin; the cell's zero state when left out. Of a layer: [layers, B, size] each. */
  readonly state?: S;
  /** From a cell's output [B, H] to what is returned for each step, such as a Linear. Default: the output itself. */
  readonly readout?: (output: Tensor) => Tensor;
  /** From what a step returned to what the next one reads, such as the Embedding of the likeliest token. Default: itself. */
  readonly feed?: (returned: Tensor) => Tensor;
  /** What the step after should have read, [steps - 1 or more, B, I]: row t replaces what step t would feed to step t + 1. */
  readonly teacher?: Tensor;
  /** The chance for each step to read the teacher's row, for the whole batch alike. Default 1 with a teacher. */
  readonly teacherForcing?: number;
  /** The stream for those chances, if neither 0 nor 1; the default generator when left out. */
  readonly generator?: Generator;
}

const knownOptions: readonly (keyof UnrollOptions<readonly Tensor[]>)[] = [
  "steps",
  "start",
  "state",
  "readout",
  "feed",
  "teacher",
  "teacherForcing",
  "generator",
];

/**
 * Lets a cell, or a layer of one direction, run on its own outputs; with a teacher, all or some of the steps read what is right
 * instead (teacher forcing: Williams and Zipser, 1989; by chance: Bengio et al., 2015).
 *
 * @returns output [steps, B, O], and the last state
 * @throws ArgumentError for a bidirectional layer, a chance outside 0 to 1, or a chance without a teacher
 * @throws ShapeError for a teacher that is too short
 * @example
 * const { output } = unroll(lstm, { steps: 12, start: last, state: [h, c], readout: (y) => head.forward(y) });
 */
export function unroll<S extends readonly Tensor[], C>(
  cell: Cell<S, C> | RecurrentStack<S>,
  options: UnrollOptions<S>,
): CellResult<S> {
  requireKnownOptions("unroll", options, knownOptions);
  const { steps, start, readout = itself, feed = itself } = options;
  requireCounts("unroll", { steps });
  requireTensor("unroll", "start", start);
  if (start.shape.length < 2)
    throw new ShapeError("unroll", `start is ${formatShape(start.shape)}`, "give [batch, features]");
  const one: Cell<S, unknown> = cell instanceof RecurrentStack ? cell.asCell() : cell;
  const forced = teacherRows(options);
  const batch = start.shape[0];
  const context = one.sequenceContext?.(batch, start);
  let state = options.state ?? zeroStateOf(one, batch, start);
  requireState("unroll", state);
  let input = start;
  const outputs: Tensor[] = [];
  for (let t = 0; t < steps; t++) {
    const result = stepRow(one, input, state, context);
    state = result.state;
    const returned = readout(result.output);
    outputs.push(returned);
    if (t < steps - 1) input = forced(t) ?? feed(returned);
  }
  return { output: stack(outputs, 0), state };
}

const itself = (x: Tensor): Tensor => x;

/** For each step, the teacher's row if it is to be read, else null. */
function teacherRows({
  steps,
  start,
  teacher,
  teacherForcing,
  generator = defaultGenerator(),
}: UnrollOptions<readonly Tensor[]>): (t: number) => Tensor | null {
  if (teacher === undefined) {
    if (teacherForcing !== undefined)
      throw new ArgumentError(
        "unroll",
        "teacherForcing without a teacher",
        "give the teacher's inputs, or leave it out",
      );
    return () => null;
  }
  const chance = teacherForcing ?? 1;
  if (!(chance >= 0 && chance <= 1))
    throw new ArgumentError("unroll", `teacherForcing ${describeValue(chance)}`, "use a probability from 0 to 1");
  if (teacher.shape[0] < steps - 1 || formatShape(teacher.shape.slice(1)) !== formatShape(start.shape)) {
    throw new ShapeError(
      "unroll",
      `the teacher is ${formatShape(teacher.shape)} for ${steps} steps from ${formatShape(start.shape)}`,
      `give ${formatShape([steps - 1, ...start.shape])}`,
    );
  }
  const byChance = chance > 0 && chance < 1;
  if (byChance && isTracing(start.backend))
    throw new GraphError("unroll", "chances would be frozen in the traced graph", "trace with teacherForcing 0 or 1");
  const rows = unbind(teacher, 0);
  return (t) => ((byChance ? generator.uniform() < chance : chance === 1) ? rows[t] : null);
}
