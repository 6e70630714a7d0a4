import { type Backend, type DType, type Runner, requireKnownOptions } from "@unrolled/backend";
import { chosenRunnerCases, type RunnerCaseFilter } from "../runner/index.js";
import { allDTypes } from "../runner/op-cases.js";
import type { OutOfRange, RunnerContext } from "../runner/runner-case.js";
import { register, runAll, type TestRunner } from "./on-runner.js";
import type { ConformanceReport } from "./report.js";
import {
  requireDTypes,
  requireFactory,
  requireMemory,
  requireOneOf,
  requireRunner,
  requireTestRunner,
} from "./requirements.js";
import { createSuite, type Skips, type Suite } from "./suite.js";

/** Options of `describeRunnerConformance` and `runRunnerConformance`. */
export interface RunnerConformanceOptions extends RunnerCaseFilter {
  /** Heads the report, such as `onnx-cpu`. */
  readonly name: string;
  /** Makes the runner that all cases share. */
  readonly runner: () => Runner | Promise<Runner>;
  /** What the runner's graphs may hold. Default: all dtypes. */
  readonly dtypes?: ReadonlySet<DType>;
  /** What an index out of range does. Default: `"refused"`, the run fails. */
  readonly outOfRange?: OutOfRange;
  /** Counts the live buffers of the engine underneath, for the cases about leaks. Default: nobody counts. */
  readonly memory?: Backend["memory"];
  /** Cases that are known to fail. They run all the same, and one that passes fails as stale. Default: none. */
  readonly skip?: Skips;
}

function runnerSuite(where: string, options: RunnerConformanceOptions): Suite<RunnerContext> {
  requireKnownOptions(where, options, ["name", "runner", "ops", "dtypes", "outOfRange", "memory", "skip"]);
  const { name, runner, ops, dtypes = allDTypes, outOfRange = "refused", memory = null, skip } = options;
  requireFactory(where, "runner", runner);
  requireDTypes(where, dtypes);
  requireOneOf(where, "outOfRange", outOfRange, ["refused", "zeros"]);
  requireMemory(where, memory);
  return createSuite(where, {
    name,
    level: "runner",
    cases: chosenRunnerCases(where, ops),
    skip,
    open: async () => ({ runner: requireRunner(where, await runner()), dtypes, outOfRange, memory }),
    close: async () => undefined,
  });
}

/**
 * Registers every case of a Runner as a test, as `describeConformance` does for a Backend.
 *
 * @throws ArgumentError for an unknown option, op, dtype or case, and for a skip without a reason
 * @example
 * import { describe, it } from "vitest";
 * describeRunnerConformance({ describe, it }, { name: "onnx-cpu", runner: () => onnxRuntime({ threads: 1 }) });
 */
export function describeRunnerConformance(runner: TestRunner, options: RunnerConformanceOptions): ConformanceReport {
  requireTestRunner("describeRunnerConformance", runner);
  return register(runner, runnerSuite("describeRunnerConformance", options), "every case has run");
}

/**
 * Runs every case of a Runner without a test runner and returns the report; failures are in it.
 *
 * @example
 * const report = await runRunnerConformance({ name: "interpreter", runner: () => interpreter(cpu()) });
 */
export async function runRunnerConformance(options: RunnerConformanceOptions): Promise<ConformanceReport> {
  return runAll(runnerSuite("runRunnerConformance", options));
}
