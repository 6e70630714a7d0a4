import { ArgumentError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import type { ScheduledOptimizer } from "./scheduler.js";

/** Raises unless a number is whole and at least `low`. */
export function requireWhole(op: string, name: string, value: number, low: number): void {
  if (!(Number.isInteger(value) && value >= low))
    throw new ArgumentError(op, `${name} ${describeValue(value)}`, `use a whole number of ${low} or more`);
}

/** Raises unless a value is a finite number. */
export function requireNumber(op: string, name: string, value: number): void {
  if (!Number.isFinite(value)) throw new ArgumentError(op, `${name} ${describeValue(value)}`, "use a finite number");
}

/** Raises unless a value is one of some words. */
export function requireOneOf(op: string, name: string, value: string, words: readonly string[]): void {
  if (!words.includes(value))
    throw new ArgumentError(op, `${name} ${describeValue(value)}`, `use ${words.join(" or ")}`);
}

/** One value for each group, from one for all or a list. */
export function byGroup<T>(
  op: string,
  name: string,
  value: T | readonly T[],
  { paramGroups }: ScheduledOptimizer,
): T[] {
  if (!Array.isArray(value)) return paramGroups.map(() => value as T);
  if (value.length === paramGroups.length) return [...value];
  throw new ArgumentError(op, `${value.length} ${name} for ${paramGroups.length} groups`, "give one, or one a group");
}

/** One number for each group. */
export function numbersByGroup(
  op: string,
  name: string,
  value: number | readonly number[],
  optimizer: ScheduledOptimizer,
): number[] {
  const list = byGroup(op, name, value, optimizer);
  for (const item of list) requireNumber(op, name, item);
  return list;
}

/** One function for each group. */
export function functionsByGroup<F>(
  op: string,
  name: string,
  value: F | readonly F[],
  optimizer: ScheduledOptimizer,
): F[] {
  const list = byGroup(op, name, value, optimizer);
  for (const item of list) {
    if (typeof item !== "function")
      throw new ArgumentError(op, `${name} is no function`, "give a function of the epoch, or one a group");
  }
  return list;
}

/** Raises unless a number is above 0 and at most `high`. */
export function requirePositive(op: string, name: string, value: number, high: number = Number.MAX_VALUE): void {
  if (typeof value === "number" && value > 0 && value <= high) return;
  const limit = high === Number.MAX_VALUE ? "" : `, at most ${high}`;
  throw new ArgumentError(op, `${name} ${describeValue(value)}`, `use a number above 0${limit}`);
}

export function requireFlag(op: string, name: string, value: boolean): void {
  if (typeof value !== "boolean") throw new ArgumentError(op, `${name} ${describeValue(value)}`, "use a boolean");
}
