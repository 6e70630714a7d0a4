import { FormatError } from "@unrolled/backend";
import type { JsonObject } from "./json.js";

/** What a field of a configuration may hold. */
export interface Field<T> {
  readonly wanted: string;
  is(value: unknown): value is T;
}

/** One checker for each key of a configuration. */
export type Fields<C> = { readonly [K in keyof C]-?: Field<C[K]> };

/** Large enough for any layer, and small enough that products of a few stay exact enough to compare. */
const largestCount = 2 ** 31;

export const count: Field<number> = {
  wanted: "a whole number of 0 or more",
  is: (value): value is number => Number.isInteger(value) && (value as number) >= 0 && (value as number) < largestCount,
};
export const integer: Field<number> = {
  wanted: "a whole number",
  is: (value): value is number => Number.isInteger(value) && Math.abs(value as number) < largestCount,
};
export const number: Field<number> = {
  wanted: "a number",
  is: (value): value is number => typeof value === "number" && Number.isFinite(value),
};
export const flag: Field<boolean> = {
  wanted: "true or false",
  is: (value): value is boolean => typeof value === "boolean",
};

export function choice<T extends string>(...values: readonly T[]): Field<T> {
  return {
    wanted: values.map((value) => `"${value}"`).join(" or "),
    is: (value): value is T => values.includes(value as T),
  };
}

export function orNull<T>(field: Field<T>): Field<T | null> {
  return {
    wanted: `${field.wanted}, or null`,
    is: (value): value is T | null => value === null || field.is(value),
  };
}

export function listOf<T>(field: Field<T>): Field<readonly T[]> {
  return {
    wanted: `a list, each ${field.wanted}`,
    is: (value): value is readonly T[] => Array.isArray(value) && value.every((item) => field.is(item)),
  };
}

export const object: Field<JsonObject> = {
  wanted: "an object",
  is: (value): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value),
};

const show = (value: unknown): string => {
  const json = JSON.stringify(value) ?? "nothing";
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
};

/** An object with exactly these fields. */
export function readFields<C extends object>(op: string, place: string, value: unknown, fields: Fields<C>): C {
  if (!object.is(value)) throw new FormatError(op, `${place} is ${show(value)}`, "it must be an object");
  const known = Object.keys(fields);
  const [other] = Object.keys(value).filter((key) => !known.includes(key));
  if (other !== undefined)
    throw new FormatError(op, `${place} has a field "${other}"`, `the fields are ${known.join(", ")}`);
  for (const [key, field] of Object.entries<Field<unknown>>(fields)) {
    const item = Object.hasOwn(value, key) ? value[key] : undefined;
    if (!field.is(item)) throw new FormatError(op, `${place}: ${key} is ${show(item)}`, `it must be ${field.wanted}`);
  }
  return value as unknown as C;
}
