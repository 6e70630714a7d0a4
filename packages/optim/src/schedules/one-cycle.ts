import { ArgumentError } from "@unrolled/backend";
import { requireRange } from "../kind.js";
import { numbersByGroup, requireFlag, requireOneOf, requirePositive, requireWhole } from "./options.js";
import { known, type ResumeOptions, type Rule, RuleScheduler, requireMomentum } from "./rule.js";
import type { ScheduledOptimizer } from "./scheduler.js";

/** Options of `OneCycleLR`. */
export interface OneCycleLROptions extends ResumeOptions {
  /** The highest rate, for all groups or one a group. */
  readonly maxLr: number | readonly number[];
  /** How many steps there are; or give epochs and stepsPerEpoch. */
  readonly totalSteps?: number;
  /** Epochs in the cycle; with `stepsPerEpoch`, instead of `totalSteps`. */
  readonly epochs?: number;
  /** Steps of each epoch. */
  readonly stepsPerEpoch?: number;
  /** The part of the steps in which the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** Default "cos". */
  readonly annealStrategy?: "cos" | "linear";
  /** Move momentum, or Adam's beta1, against the rate. Default true. */
  readonly cycleMomentum?: boolean;
  /** Momentum at the highest rate. Default 0.85. */
  readonly baseMomentum?: number | readonly number[];
  /** Momentum at the lowest rates. Default 0.95. */
  readonly maxMomentum?: number | readonly number[];
  /** The rate at the start is maxLr / divFactor. Default 25. */
  readonly divFactor?: number;
  /** The rate at the end is the one at the start / finalDivFactor. Default 1e4. */
  readonly finalDivFactor?: number;
  /** Come down to the rate at the start as fast as it rose, then lower. Default false. */
  readonly threePhase?: boolean;
}

interface Phase {
  readonly end: number;
  readonly lr: readonly ["start" | "top" | "end", "start" | "top" | "end"];
  readonly momentum: readonly ["high" | "low", "high" | "low"];
}

const names = [
  "maxLr",
  "totalSteps",
  "epochs",
  "stepsPerEpoch",
  "pctStart",
  "annealStrategy",
  "cycleMomentum",
  "baseMomentum",
  "maxMomentum",
  "divFactor",
  "finalDivFactor",
  "threePhase",
  "lastEpoch",
] as const;

const op = "OneCycleLR";
const strategies = {
  cos: (from: number, to: number, part: number) => to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part)),
  linear: (from: number, to: number, part: number) => (to - from) * part + from,
} as const;

function phasesOf(steps: number, pctStart: number, threePhase: boolean): Phase[] {
  const up: Phase = { end: pctStart * steps - 1, lr: ["start", "top"], momentum: ["high", "low"] };
  if (!threePhase) return [up, { end: steps - 1, lr: ["top", "end"], momentum: ["low", "high"] }];
  const down: Phase = { end: 2 * pctStart * steps - 2, lr: ["top", "start"], momentum: ["low", "high"] };
  return [up, down, { end: steps - 1, lr: ["start", "end"], momentum: ["high", "high"] }];
}

/** The phase of an epoch, and how far into it. */
function place(phases: readonly Phase[], epoch: number): readonly [phase: Phase, part: number] {
  const i = phases.findIndex(({ end }, index) => epoch <= end || index === phases.length - 1);
  const begin = i === 0 ? 0 : phases[i - 1].end;
  const length = phases[i].end - begin;
  return [phases[i], length === 0 ? 1 : (epoch - begin) / length];
}

function stepCount({ totalSteps, epochs, stepsPerEpoch }: OneCycleLROptions): number {
  if (totalSteps !== undefined) {
    if (epochs !== undefined || stepsPerEpoch !== undefined)
      throw new ArgumentError(op, "totalSteps beside epochs or stepsPerEpoch", "give totalSteps, or the other two");
    requireWhole(op, "totalSteps", totalSteps, 1);
    return totalSteps;
  }
  if (epochs === undefined || stepsPerEpoch === undefined)
    throw new ArgumentError(op, "the number of steps is missing", "give totalSteps, or epochs and stepsPerEpoch");
  requireWhole(op, "epochs", epochs, 1);
  requireWhole(op, "stepsPerEpoch", stepsPerEpoch, 1);
  return epochs * stepsPerEpoch;
}

/**
 * One rise of the rate to maxLr and one long fall far below where it began (Smith and Topin, 2018, arXiv:1708.07120), as
 * torch.optim.lr_scheduler.OneCycleLR. Step it once a batch. The optimiser's own rates are replaced.
 *
 * @throws ArgumentError for options that are unknown, out of range or of another number of groups, and for a step past the end
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
 * @example
 * const scheduler = new OneCycleLR(optimizer, { maxLr: 0.1, epochs: 10, stepsPerEpoch: loader.length });
 */
export class OneCycleLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: OneCycleLROptions) {
    const given = known(op, optimizer, options, names);
    const { annealStrategy = "cos", cycleMomentum = true, threePhase = false, pctStart = 0.3 } = given;
    const { divFactor = 25, finalDivFactor = 1e4, baseMomentum = 0.85, maxMomentum = 0.95, lastEpoch = -1 } = given;
    const steps = stepCount(given);
    requireRange(op, "pctStart", pctStart, { low: 0, high: 1, closed: true });
    requireOneOf(op, "annealStrategy", annealStrategy, Object.keys(strategies));
    requireFlag(op, "cycleMomentum", cycleMomentum);
    requireFlag(op, "threePhase", threePhase);
    requirePositive(op, "divFactor", divFactor);
    requirePositive(op, "finalDivFactor", finalDivFactor);
    if (cycleMomentum) requireMomentum(op, optimizer);
    const top = numbersByGroup(op, "maxLr", given.maxLr, optimizer);
    const momenta = {
      low: numbersByGroup(op, "baseMomentum", baseMomentum, optimizer),
      high: numbersByGroup(op, "maxMomentum", maxMomentum, optimizer),
    };
    const start = top.map((rate) => rate / divFactor);
    const rates = { start, top, end: start.map((rate) => rate / finalDivFactor) };
    const phases = phasesOf(steps, pctStart, threePhase);
    const anneal = strategies[annealStrategy];
    const rule: Rule = {
      next({ epoch, group }) {
        const [{ lr }, part] = place(phases, epoch);
        return anneal(rates[lr[0]][group], rates[lr[1]][group], part);
      },
      check(epoch) {
        if (epoch > steps)
          throw new ArgumentError(op, `step ${epoch} of ${steps}`, "make it with as many steps as you take");
      },
    };
    const momentum = (epoch: number, group: number): number => {
      const [{ momentum: ends }, part] = place(phases, epoch);
      return anneal(momenta[ends[0]][group], momenta[ends[1]][group], part);
    };
    if (lastEpoch === -1) for (const [i, group] of optimizer.paramGroups.entries()) group.initialLr = start[i];
    super(op, optimizer, cycleMomentum ? { ...rule, momentum } : rule, given);
  }
}
