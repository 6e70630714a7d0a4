import { type Backend, requireKnownOptions } from "@unrolled/backend";
import { primitiveReferences } from "../reference/primitives.js";
import { register, runAll, type TestRunner } from "../suite/on-runner.js";
import type { ConformanceReport } from "../suite/report.js";
import {
  casesAbout,
  requireBackend,
  requireFactory,
  requireTestRunner,
  requireToolkit,
} from "../suite/requirements.js";
import { createSuite, type Skips, type Suite } from "../suite/suite.js";
import { behaviourCases } from "./behaviour.js";
import { curveCases } from "./curves.js";
import { gradientCases } from "./gradients.js";
import { layerCases } from "./layers.js";
import { programCases } from "./programs.js";
import { type ToolkitModule, toolkitNames } from "./toolkit.js";
import { type TrainingCase, type TrainingContext, type TrainingTopic, trainingContext } from "./training-case.js";

export type { ToolkitModule } from "./toolkit.js";
export { type TrainingCase, type TrainingContext, type TrainingTopic, trainingContext } from "./training-case.js";

/** Which training cases to take. */
export interface TrainingCaseFilter {
  /** Only cases of these topics. Default: all. */
  readonly topics?: readonly TrainingTopic[];
}

/** Options of `runTrainingConformance`. */
export interface TrainingConformanceOptions extends TrainingCaseFilter {
  /** Heads the report, such as `cpu`. */
  readonly name: string;
  /** Makes the backend that all cases share. */
  readonly backend: () => Backend | Promise<Backend>;
  /** What trains on it: `import * as toolkit from "unrolled"`. */
  readonly toolkit: ToolkitModule;
  /** Cases that are known to fail. They run all the same, and one that passes fails as stale. Default: none. */
  readonly skip?: Skips;
}

/**
 * The training cases, in a fixed order and under unique names.
 *
 * @throws ArgumentError for a topic that has no cases
 */
export function trainingConformanceCases(filter: TrainingCaseFilter = {}): readonly TrainingCase[] {
  requireKnownOptions("trainingConformanceCases", filter, ["topics"]);
  return chosenCases("trainingConformanceCases", filter.topics);
}

function chosenCases(where: string, topics: TrainingCaseFilter["topics"]): readonly TrainingCase[] {
  const all = [...layerCases(), ...curveCases(), ...programCases(), ...gradientCases(), ...behaviourCases()];
  return casesAbout(where, "topics", all, topics);
}

function trainingSuite(where: string, options: TrainingConformanceOptions): Suite<TrainingContext> {
  requireKnownOptions(where, options, ["name", "backend", "toolkit", "topics", "skip"]);
  const { name, backend, toolkit, topics, skip } = options;
  requireFactory(where, "backend", backend);
  requireToolkit(where, toolkit, toolkitNames);
  return createSuite(where, {
    name,
    level: "training",
    cases: chosenCases(where, topics),
    skip,
    open: async () =>
      trainingContext(requireBackend(where, await backend(), Object.keys(primitiveReferences)), toolkit),
    close: (context) => context.backend.dispose(),
  });
}

/**
 * Registers as tests what training on a backend must give: layers and losses as PyTorch's, the same with fused ops and
 * without, flat memory, and the toolkit's errors. The toolkit comes as an argument, so that this package depends on none.
 *
 * @throws ArgumentError for an unknown option, topic or case, a skip without a reason, and a toolkit that lacks something
 * @example
 * import { describe, it } from "vitest";
 * import * as toolkit from "unrolled";
 * describeTrainingConformance({ describe, it }, { name: "mine", backend: () => cpu(), toolkit });
 */
export function describeTrainingConformance(
  runner: TestRunner,
  options: TrainingConformanceOptions,
): ConformanceReport {
  requireTestRunner("describeTrainingConformance", runner);
  return register(runner, trainingSuite("describeTrainingConformance", options), "the backend can be disposed");
}

/**
 * Runs every training case without a test runner and returns the report; failures are in it.
 *
 * @example
 * const report = await runTrainingConformance({ name: "cpu", backend: () => cpu(), toolkit });
 */
export async function runTrainingConformance(options: TrainingConformanceOptions): Promise<ConformanceReport> {
  return runAll(trainingSuite("runTrainingConformance", options));
}
