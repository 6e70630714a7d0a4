import { normalizeAxis } from "@unrolled/backend";
import type { ScanOutcome } from "../assembler.js";
import type { ImportCall, Importers } from "../import-call.js";
import { CannotImport, type Operand } from "../operand.js";

/** Moves an axis to the front, or the front to an axis. */
function moved(c: ImportCall, x: Operand, from: number, to: number): Operand {
  if (from === to) return x;
  const perm = x.shape.map((_, i) => i).filter((axis) => axis !== from);
  perm.splice(to, 0, from);
  return c.b.apply("transpose", [x], { perm });
}

const flipped = (c: ImportCall, x: Operand): Operand => c.b.apply("flip", [x], { axes: [0] });

/** A list of one number an operand, zeros where absent. */
function perOperand(c: ImportCall, name: string, count: number): number[] {
  const given = c.ints(name, new Array<number>(count).fill(0));
  if (given.length !== count) throw c.broken(`has ${given.length} ${name}`, `give ${count}`);
  return given;
}

function directions(c: ImportCall, name: string, count: number): boolean[] {
  return perOperand(c, name, count).map((way) => {
    if (way !== 0 && way !== 1) throw c.broken(`has ${way} among ${name}`, "use 0 (forwards) or 1 (backwards)");
    return way === 1;
  });
}

/** States, then sequences; the body has as many states first among its inputs and outputs. */
function scan(c: ImportCall): readonly Operand[] | null {
  if (c.opset < 9) throw new CannotImport("Scan of opset 8, which loops over the batch too");
  const body = c.graph("body");
  const sequences = c.int("num_scan_inputs", 0);
  const states = c.inputs.length - sequences;
  if (sequences < 1 || states < 0)
    throw c.broken(`has num_scan_inputs = ${sequences}`, "give 1 or more, and no more than inputs");
  const results = body.output.length - states;
  if (results < 0) throw c.broken(`has a body of ${body.output.length} outputs`, `it carries ${states} states`);
  const inputAxes = perOperand(c, "scan_input_axes", sequences);
  const outputAxes = perOperand(c, "scan_output_axes", results);
  const inputBack = directions(c, "scan_input_directions", sequences);
  const outputBack = directions(c, "scan_output_directions", results);
  // Where all go backwards, so does the loop; else those that differ from it are turned around outside.
  const reverse = inputBack.every((back) => back);
  const given = inputAxes.map((axis, i) => {
    const x = c.in(states + i);
    const front = moved(c, x, normalizeAxis(c.where, axis, x.shape.length), 0);
    return inputBack[i] === reverse ? front : flipped(c, front);
  });
  const [steps] = given[0].shape;
  const other = given.find(({ shape }) => shape[0] !== steps);
  if (other) throw c.broken(`scans sequences of ${steps} and ${other.shape[0]} steps`, "give them the same length");
  if (steps === 0) throw c.broken("scans sequences of no steps", "give at least one");
  const start = Array.from({ length: states }, (_, i) => c.in(i));
  const made = c.b.scan(start, given, reverse, (now, slices): ScanOutcome | null => {
    const outputs = c.context.importBody(body, [...now, ...slices], c.where);
    if (!outputs) return null;
    const next = outputs.slice(0, states);
    next.forEach(({ type, shape }, i) => {
      if (type !== start[i].type || shape.join() !== start[i].shape.join())
        throw c.broken(
          `has a state ${i} of ${start[i].type} [${start[i].shape.join(", ")}] that becomes ${type} [${shape.join(", ")}]`,
          "a state keeps its type and shape",
        );
    });
    return { states: next, results: outputs.slice(states) };
  });
  if (!made) return null;
  const stacked = made.results.map((result, i) => {
    const turned = outputBack[i] === reverse ? result : flipped(c, result);
    return moved(c, turned, 0, normalizeAxis(c.where, outputAxes[i], result.shape.length));
  });
  return [...made.states, ...stacked];
}

export const scans: Importers = {
  Scan: { inputs: [1, Number.POSITIVE_INFINITY], build: scan },
};
