import { ArgumentError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";

/** The values that an option may have. */
export interface OptionRange {
  readonly low: number;
  readonly high?: number;
  /** Whether `high` itself is allowed. Default false. */
  readonly closed?: boolean;
}

export const zeroOrMore: OptionRange = { low: 0 };
export const zeroToBelowOne: OptionRange = { low: 0, high: 1 };
export const zeroToOne: OptionRange = { low: 0, high: 1, closed: true };

/** One state tensor a parameter, of the parameter's shape. */
export interface SlotKind<O> {
  /** Whether these options call for it. Default: always. */
  needed?(options: O): boolean;
  /** What it is filled with before the first step. Default 0. */
  start?(options: O): number;
}

/** What sets one optimiser apart from another, but for its update. */
export interface OptimizerKind<O extends { readonly lr: number }> {
  /** Named in errors. */
  readonly name: string;
  /** Every option there is, with its default. */
  readonly defaults: O;
  /** Where numbers must lie; of a list, each of its numbers. */
  readonly ranges: { readonly [K in keyof O]?: OptionRange };
  /** State tensors under PyTorch's names. */
  readonly slots: Readonly<Record<string, SlotKind<O>>>;
  /** State numbers that are saved, with their values before the first step. Default: the step count alone. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Raises an ArgumentError for options that do not go together. */
  validate?(options: O): void;
}

/** Raises unless a number lies in a range. */
export function requireRange(
  op: string,
  name: string,
  value: number,
  { low, high, closed = false }: OptionRange,
): void {
  const below = high === undefined ? value < Number.POSITIVE_INFINITY : closed ? value <= high : value < high;
  if (typeof value === "number" && value >= low && below) return;
  const remedy =
    high === undefined
      ? `use a number of ${low} or more`
      : `use a number from ${low} to ${closed ? "" : "below "}${high}`;
  throw new ArgumentError(op, `${name} ${describeValue(value)}`, remedy);
}

/** Raises unless the options have their defaults' types, lie in their ranges and go together. */
export function requireValid<O extends { readonly lr: number }>(kind: OptimizerKind<O>, options: O): void {
  for (const name of Object.keys(kind.defaults) as (keyof O & string)[]) {
    const [value, standard]: unknown[] = [options[name], kind.defaults[name]];
    if (!sameForm(value, standard)) {
      const form = Array.isArray(standard) ? `a list of ${standard.length} numbers` : `a ${typeof standard}`;
      throw new ArgumentError(kind.name, `${name} ${describeValue(value)}`, `use ${form}`);
    }
    const range = kind.ranges[name];
    if (range === undefined) continue;
    if (!Array.isArray(value)) requireRange(kind.name, name, value as number, range);
    else for (const [i, item] of value.entries()) requireRange(kind.name, `${name}[${i}]`, item, range);
  }
  kind.validate?.(options);
}

function sameForm(value: unknown, standard: unknown): boolean {
  if (!Array.isArray(standard)) return typeof value === typeof standard;
  return (
    Array.isArray(value) && value.length === standard.length && value.every((item, i) => sameForm(item, standard[i]))
  );
}
