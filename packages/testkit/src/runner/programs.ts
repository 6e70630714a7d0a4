import { formatShape, type Graph, type HostTensor, type Meta, type Program, sameShape } from "@unrolled/backend";
import { checkKind, checkValues, type Place } from "../assert/compare.js";
import { ConformanceError } from "../assert/conformance-error.js";
import type { Tolerance } from "../assert/tolerance.js";
import type { RunnerContext } from "./runner-case.js";

export type HostRecord = Readonly<Record<string, HostTensor>>;

/** What an output or a state must be. */
export interface Wanted {
  readonly meta: Meta;
  readonly values: ArrayLike<number>;
  readonly tolerance: Tolerance;
}

export const exactly: Tolerance = { relative: 0, absolute: 0 };

/** The very elements of a tensor. */
export function same(x: HostTensor): Wanted {
  return { meta: x, values: x.data, tolerance: exactly };
}

/** Prepares a graph, and disposes of the program whatever happens; nothing may be left over where buffers are counted. */
export async function withProgram(
  { runner, memory }: RunnerContext,
  place: Place,
  graph: Graph,
  body: (program: Program) => Promise<void>,
): Promise<void> {
  const before = memory?.();
  const program = requireProgram(place, await runner.prepare(graph));
  try {
    await body(program);
  } finally {
    await program.dispose();
  }
  const after = memory?.();
  if (before && after && (after.buffers !== before.buffers || after.bytes !== before.bytes)) {
    const problem = `${after.buffers - before.buffers} buffers (${after.bytes - before.bytes} bytes) stay after dispose`;
    throw new ConformanceError({ ...place, check: "memory", problem, expected: before, actual: after });
  }
}

const methods = ["run", "readState", "writeState", "dispose"] as const;

/** Raises unless all parts of a program are there. */
function requireProgram(place: Place, program: Partial<Program> | null | undefined): Program {
  const missing = methods.filter((method) => typeof program?.[method] !== "function");
  if (missing.length === 0) return program as Program;
  const problem = program ? `the program that prepare gave has no ${missing.join(", ")}` : `prepare gave ${program}`;
  throw new ConformanceError({ ...place, check: "contract", problem, expected: methods, actual: program });
}

/** Raises unless the tensors are those wanted, name for name. */
export function checkTensors(place: Place, what: string, actual: HostRecord, wanted: Record<string, Wanted>): void {
  const names = Object.keys(actual).sort().join(", ");
  const expected = Object.keys(wanted).sort().join(", ");
  if (names !== expected) {
    const problem = `the names of the ${what}s are "${names}", not "${expected}"`;
    throw new ConformanceError({ ...place, check: "contract", problem, expected, actual: names });
  }
  for (const [name, { meta, values, tolerance }] of Object.entries(wanted)) {
    const { data, shape, dtype } = actual[name];
    const title = `${what} "${name}"`;
    if (dtype !== meta.dtype) {
      const problem = `${title} is ${dtype}, not ${meta.dtype}`;
      throw new ConformanceError({ ...place, check: "dtype", problem, expected: meta.dtype, actual: dtype });
    }
    if (!sameShape(shape, meta.shape)) {
      const problem = `${title} is ${formatShape(shape)}, not ${formatShape(meta.shape)}`;
      throw new ConformanceError({ ...place, check: "shape", problem, expected: meta.shape, actual: shape });
    }
    checkKind(place, title, data, meta);
    checkValues(place, title, data, values, meta, tolerance);
  }
}

/** Runs, and once more by `runSync` where it is offered, and holds the outputs against what is wanted. For graphs without state. */
export async function checkRun(
  place: Place,
  program: Program,
  inputs: HostRecord,
  wanted: Record<string, Wanted>,
): Promise<void> {
  checkTensors(place, "output", await program.run(inputs), wanted);
  if (program.runSync) checkTensors(place, "output", program.runSync(inputs), wanted);
}
