import { type Op, requireKnownOptions } from "@unrolled/backend";
import { casesAbout } from "../suite/requirements.js";
import { bufferCases } from "./buffers.js";
import type { ConformanceCase } from "./case.js";
import { fusedBackwardCases } from "./fused-backward.js";
import { fusedForwardCases } from "./fused-forward.js";
import { refusedIndexCases } from "./indexing.js";
import { toConformanceCase } from "./op-case.js";
import { primitiveCases } from "./primitives.js";
import { guardedAsync } from "./run-kernel.js";
import { updateCases } from "./updates.js";

/** Which conformance cases to take. */
export interface CaseFilter {
  /** Only cases of these ops; `"backend"` are the cases of buffers and memory. Default: all. */
  readonly ops?: readonly (Op | "backend")[];
}

/**
 * The cases of the contract, in a fixed order and under unique names. They hold data only; each takes the backend when it runs.
 *
 * @throws ArgumentError for an op that has no cases
 * @example
 * for (const c of conformanceCases({ ops: ["matmul"] })) await c.run({ backend, create: () => cpu() });
 */
export function conformanceCases(filter: CaseFilter = {}): readonly ConformanceCase[] {
  requireKnownOptions("conformanceCases", filter, ["ops"]);
  return chosenCases("conformanceCases", filter.ops);
}

/** The cases of some ops, on behalf of `where`. */
export function chosenCases(where: string, ops: CaseFilter["ops"]): readonly ConformanceCase[] {
  const all = [
    ...Object.values(primitiveCases).flatMap((cases) => cases().map(toConformanceCase)),
    ...refusedIndexCases(),
    ...fusedForwardCases(),
    ...fusedBackwardCases(),
    ...updateCases(),
    ...bufferCases(),
  ];
  return casesAbout(where, "ops", all, ops).map(named);
}

/** Whatever a backend raises within a case is raised as a ConformanceError that names the case. */
function named(c: ConformanceCase): ConformanceCase {
  return { ...c, run: (context) => guardedAsync({ op: c.op, case: c.name }, () => c.run(context)) };
}
