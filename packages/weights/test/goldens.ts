import { readFileSync } from "node:fs";

/** A file of the goldens folder. */
export const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`./goldens/${name}`, import.meta.url)));

export const goldenJson = <T>(name: string): T => JSON.parse(new TextDecoder().decode(golden(name))) as T;

/** Numbers as the goldens write them: NaN, infinities and large integers are strings. */
export const readable = (value: unknown): number =>
  value === "inf" ? Number.POSITIVE_INFINITY : value === "-inf" ? Number.NEGATIVE_INFINITY : Number(value);
