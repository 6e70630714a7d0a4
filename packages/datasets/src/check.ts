import { ArgumentError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";

/** Throws where an option that has no default was left out; `example` says what it is and how it is given. */
export function requireGiven(op: string, name: string, value: unknown, example: string): void {
  if (value === undefined) throw new ArgumentError(op, `${name} is missing`, `give ${example}`);
}

/** Throws unless `value` is a whole number of at least `least`. */
export function requireInteger(op: string, name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ArgumentError(op, `${name} is ${describeValue(value)}`, `give a whole number of at least ${least}`);
  }
}

/** Throws unless `value` is a finite number. */
export function requireFinite(op: string, name: string, value: number): void {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new ArgumentError(op, `${name} is ${describeValue(value)}`, "give a finite number");
  }
}

/** Throws unless `value` is a finite number above zero. */
export function requirePositive(op: string, name: string, value: number): void {
  requireFinite(op, name, value);
  if (value <= 0) throw new ArgumentError(op, `${name} is ${value}`, "give a number above 0");
}

/** Throws unless `index` picks one of `length` items. */
export function requireIndex(op: string, index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    const remedy = length === 0 ? "it is empty" : `give a whole number from 0 to ${length - 1}`;
    throw new ArgumentError(op, `there is no item ${describeValue(index)} among ${length}`, remedy);
  }
}
