import { requireKnownOptions } from "@unrolled/backend";
import { guardedAsync } from "../cases/run-kernel.js";
import { casesAbout } from "../suite/requirements.js";
import { runnerOpCases } from "./op-cases.js";
import { programCases } from "./program-cases.js";
import type { RunnerCase, RunnerTopic } from "./runner-case.js";
import { scanCases } from "./scan-cases.js";
import { sizeCases } from "./size-cases.js";
import { stateCases } from "./state-cases.js";

/** Which cases of runners to take. */
export interface RunnerCaseFilter {
  /** Only cases of these ops and topics. Default: all. */
  readonly ops?: readonly RunnerTopic[];
}

/**
 * The cases that a Runner is held against, in a fixed order and under unique names: every op of the table in a graph of its
 * own, gradients of fused ops in a graph with their forward pass, and what a program promises.
 *
 * @throws ArgumentError for an op or topic that has no cases
 */
export function runnerConformanceCases(filter: RunnerCaseFilter = {}): readonly RunnerCase[] {
  requireKnownOptions("runnerConformanceCases", filter, ["ops"]);
  return chosenRunnerCases("runnerConformanceCases", filter.ops);
}

/** The cases of some ops and topics, on behalf of `where`. */
export function chosenRunnerCases(where: string, ops: RunnerCaseFilter["ops"]): readonly RunnerCase[] {
  const all = [...programCases, ...stateCases, ...sizeCases, ...scanCases, ...runnerOpCases()];
  return casesAbout(where, "ops", all, ops).map((c) => ({
    ...c,
    run: (context) => guardedAsync({ op: c.op, case: c.name }, () => c.run(context)),
  }));
}
