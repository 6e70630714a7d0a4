import { InvalidArgumentError } from "commander";

/** A parser of whole numbers from `least` to `most`. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const open = most === Number.MAX_SAFE_INTEGER && !(value > most);
    const range = open ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Give a whole number ${range}.`);
  };
}

/** A parser of numbers that meet a condition, which `rule` says in words. */
export function numberThat(rule: string, holds: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(value) && holds(value)) return value;
    throw new InvalidArgumentError(`Give a number ${rule}.`);
  };
}

/** "none" stays a word: commander takes a parser's null for a missing value. */
export function longSeason(text: string): number | "none" {
  if (text === "none") return text;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= 2) return value;
  throw new InvalidArgumentError('Give a whole number of at least 2, or "none".');
}

export function delimiter(text: string): "," | ";" | "\t" | "|" {
  if (text === "," || text === ";" || text === "\t" || text === "|") return text;
  if (text === "tab" || text === "\\t") return "\t";
  throw new InvalidArgumentError('Give "," or ";" or "|" or "tab".');
}
