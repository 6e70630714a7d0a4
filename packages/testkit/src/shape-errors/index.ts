import type { Op } from "@unrolled/backend";
import { elementwise } from "./elementwise.js";
import { fused } from "./fused.js";
import { movement } from "./movement.js";
import { reductions } from "./reductions.js";
import type { Refusals, Refused, ShapeErrorCase } from "./refused.js";

/** Refusals of every op: an op that is not here does not compile. */
const refusals: Refusals<Op> = { ...elementwise, ...reductions, ...movement, ...fused };

/** Every call that `table[op].infer(metas, attrs)` must refuse with `error`. */
export const shapeErrorCases: readonly ShapeErrorCase[] = (Object.keys(refusals) as Op[]).flatMap((op) =>
  (refusals[op] as readonly Refused<Op>[]).map((refused) => ({ op, ...refused })),
);
