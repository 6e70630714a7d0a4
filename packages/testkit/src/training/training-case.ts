import type { Backend, DType } from "@unrolled/backend";
import type { Place } from "../assert/compare.js";
import { guardedAsync } from "../cases/run-kernel.js";
import type { SuiteCase } from "../suite/suite.js";
import { decomposed } from "./decomposed.js";
import type { ToolkitModule, TrainingToolkit } from "./toolkit.js";

/** What a training case is about. */
export type TrainingTopic = "layers" | "curves" | "programs" | "gradients" | "memory" | "reading" | "errors" | "edges";

/** What a training case gets. */
export interface TrainingContext {
  readonly backend: Backend;
  /** The same engine without its fused ops and updates, which the toolkit then composes from primitives. */
  readonly decomposed: Backend;
  readonly toolkit: TrainingToolkit;
}

/** One case of the training suite. */
export interface TrainingCase extends SuiteCase<TrainingContext> {
  readonly op: TrainingTopic;
}

/** A case named `topic title`. */
export function trainingCase(
  op: TrainingTopic,
  title: string,
  run: (context: TrainingContext, place: Place) => Promise<void>,
  inapplicable: (backend: Backend) => string | null = () => null,
): TrainingCase {
  const name = `${op} ${title}`;
  const place = { op, case: name, isTopic: true };
  const dtypes: readonly DType[] = ["float32", "int32", "bool"];
  return {
    name,
    op,
    dtype: "float32",
    inapplicable: ({ backend }) => {
      const missing = dtypes.find((dtype) => !backend.capabilities.dtypes.has(dtype));
      return missing === undefined ? inapplicable(backend) : `it has no ${missing}`;
    },
    run: (context) => guardedAsync(place, () => run(context, place)),
  };
}

/** The two ways on which the numbers must not depend. */
export const ways = [
  ["", ({ backend }: TrainingContext): Backend => backend],
  [", decomposed", (context: TrainingContext): Backend => context.decomposed],
] as const;

/** The context of training cases, made from the options. */
export function trainingContext(backend: Backend, toolkit: ToolkitModule): TrainingContext {
  return { backend, decomposed: decomposed(backend), toolkit: toolkit as unknown as TrainingToolkit };
}
