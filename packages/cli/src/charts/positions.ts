import { ArgumentError } from "@unrolled/backend";
import type { ChartX } from "./spec.js";

const datePattern = /^(\d{4}-\d{2}(?:-\d{2})?)(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)Z?)?$/;

/** Positions as numbers; dates become milliseconds since 1970. */
export function readPositions(op: string, x: ChartX | undefined, length: number): Float64Array {
  if (x === undefined) return Float64Array.from({ length }, (_, i) => i);
  return Float64Array.from({ length: x.length }, (_, i) => readPosition(op, x[i]));
}

export function readPosition(op: string, x: number | string): number {
  if (typeof x === "number") return x;
  const match = datePattern.exec(x);
  const time = match === null ? Number.NaN : Date.parse(`${fullDay(match[1])}T${match[2] ?? "00:00"}Z`);
  if (Number.isNaN(time)) {
    throw new ArgumentError(op, `x is ${JSON.stringify(x)}, which is not a date`, "write dates as 2014-12-31");
  }
  return time;
}

function fullDay(date: string): string {
  return date.length === "2014-12".length ? `${date}-01` : date;
}
