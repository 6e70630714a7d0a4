import type { DType, Meta } from "@unrolled/backend";
import type { Place } from "../assert/compare.js";
import type { Check } from "../assert/conformance-error.js";
import { ConformanceError } from "../assert/conformance-error.js";
import { missingFrom } from "../cases/op-case.js";
import type { RunnerCase, RunnerContext, RunnerTopic } from "./runner-case.js";

/** A case of a runner's behaviour, named `topic title`. Needs float32 unless other dtypes are named. */
export function behaviour(
  op: RunnerTopic,
  title: string,
  run: (context: RunnerContext, place: Place) => Promise<void>,
  { needs = ["float32"], unless }: { needs?: readonly DType[]; unless?: (c: RunnerContext) => string | null } = {},
): RunnerCase {
  const name = `${op} ${title}`;
  const metas = needs.map((dtype): Meta => ({ shape: [], dtype }));
  return {
    name,
    op,
    dtype: null,
    inapplicable: (context) => missingFrom(context.dtypes, metas) ?? unless?.(context) ?? null,
    run: (context) => run(context, { op, case: name }),
  };
}

/** Raises unless `holds`. */
export function demand(
  place: Place,
  check: Check,
  holds: boolean,
  problem: string,
  expected?: unknown,
  actual?: unknown,
): void {
  if (!holds) throw new ConformanceError({ ...place, check, problem, expected, actual });
}
