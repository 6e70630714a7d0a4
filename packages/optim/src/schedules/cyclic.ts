import { ArgumentError } from "@unrolled/backend";
import { numbersByGroup, requireFlag, requireNumber, requireOneOf, requireWhole } from "./options.js";
import { known, type ResumeOptions, type Rule, RuleScheduler, requireMomentum } from "./rule.js";
import type { ScheduledOptimizer } from "./scheduler.js";

/** Options of `CyclicLR`. */
export interface CyclicLROptions extends ResumeOptions {
  /** The lowest rate, for all groups or one a group. */
  readonly baseLr: number | readonly number[];
  /** The highest rate of the first cycle. */
  readonly maxLr: number | readonly number[];
  /** Steps up. Default 2000. */
  readonly stepSizeUp?: number;
  /** Steps down. Default: as up. */
  readonly stepSizeDown?: number;
  /** Cycles of one height; halved each time; or shrinking by gamma each step. Default "triangular". */
  readonly mode?: "triangular" | "triangular2" | "expRange";
  /** For mode expRange. Default 1. */
  readonly gamma?: number;
  /** The height as a function of the cycle, from 1, or of the step, from 0; instead of mode. */
  readonly scaleFn?: (x: number) => number;
  /** What scaleFn gets. Default "cycle". */
  readonly scaleMode?: "cycle" | "iterations";
  /** Move momentum, or Adam's beta1, against the rate. Default true. */
  readonly cycleMomentum?: boolean;
  /** Momentum at the highest rate. Default 0.8. */
  readonly baseMomentum?: number | readonly number[];
  /** Momentum at the lowest rate. Default 0.9. */
  readonly maxMomentum?: number | readonly number[];
}

const names = [
  "baseLr",
  "maxLr",
  "stepSizeUp",
  "stepSizeDown",
  "mode",
  "gamma",
  "scaleFn",
  "scaleMode",
  "cycleMomentum",
  "baseMomentum",
  "maxMomentum",
  "lastEpoch",
] as const;

const op = "CyclicLR";

/** The height of a step's cycle, from 0 to 1. */
function scaleOf(options: CyclicLROptions): (epoch: number, cycle: number) => number {
  const { mode, gamma, scaleFn, scaleMode } = options;
  if (scaleFn !== undefined) {
    if (typeof scaleFn !== "function") throw new ArgumentError(op, "scaleFn is no function", "give one of a number");
    if (mode !== undefined) throw new ArgumentError(op, "mode beside scaleFn", "give one of the two");
    requireOneOf(op, "scaleMode", scaleMode ?? "cycle", ["cycle", "iterations"]);
    return (epoch, cycle) => scaleFn(scaleMode === "iterations" ? epoch : cycle);
  }
  if (scaleMode !== undefined) throw new ArgumentError(op, "scaleMode without scaleFn", "give both or neither");
  requireOneOf(op, "mode", mode ?? "triangular", ["triangular", "triangular2", "expRange"]);
  if (gamma !== undefined && mode !== "expRange")
    throw new ArgumentError(op, `gamma ${gamma} without mode expRange`, "set mode to expRange, or leave gamma out");
  requireNumber(op, "gamma", gamma ?? 1);
  if (mode === "triangular2") return (_, cycle) => 1 / 2 ** (cycle - 1);
  return mode === "expRange" ? (epoch) => (gamma ?? 1) ** epoch : () => 1;
}

/**
 * The rate up and down between two bounds in straight lines (Smith, 2017, arXiv:1506.01186), as
 * torch.optim.lr_scheduler.CyclicLR. Step it once a batch. The optimiser's own rates are replaced.
 *
 * @throws ArgumentError for options that are unknown, out of range, of another number of groups or that nobody would read
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html
 * @example
 * const scheduler = new CyclicLR(optimizer, { baseLr: 1e-4, maxLr: 1e-2, stepSizeUp: 200, mode: "triangular2" });
 */
export class CyclicLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: CyclicLROptions) {
    const given = known(op, optimizer, options, names);
    const { stepSizeUp = 2000, cycleMomentum = true, baseMomentum = 0.8, maxMomentum = 0.9, lastEpoch = -1 } = given;
    const { stepSizeDown = stepSizeUp } = given;
    requireWhole(op, "stepSizeUp", stepSizeUp, 1);
    requireWhole(op, "stepSizeDown", stepSizeDown, 1);
    requireFlag(op, "cycleMomentum", cycleMomentum);
    if (cycleMomentum) requireMomentum(op, optimizer);
    const scale = scaleOf(given);
    const [low, high] = [
      numbersByGroup(op, "baseLr", given.baseLr, optimizer),
      numbersByGroup(op, "maxLr", given.maxLr, optimizer),
    ];
    const [lowMomentum, highMomentum] = [
      numbersByGroup(op, "baseMomentum", baseMomentum, optimizer),
      numbersByGroup(op, "maxMomentum", maxMomentum, optimizer),
    ];
    const total = stepSizeUp + stepSizeDown;
    const ratio = stepSizeUp / total;
    const rise = (epoch: number, height: number): number => {
      const cycle = Math.floor(1 + epoch / total);
      const x = 1 + epoch / total - cycle;
      return height * (x <= ratio ? x / ratio : (x - 1) / (ratio - 1)) * scale(epoch, cycle);
    };
    const rule: Rule = { next: ({ epoch, group }) => low[group] + rise(epoch, high[group] - low[group]) };
    const momentum = (epoch: number, group: number): number =>
      highMomentum[group] - rise(epoch, highMomentum[group] - lowMomentum[group]);
    if (lastEpoch === -1) for (const [i, group] of optimizer.paramGroups.entries()) group.lr = low[i];
    super(op, optimizer, cycleMomentum ? { ...rule, momentum } : rule, given);
  }
}
