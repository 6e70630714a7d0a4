import { bounds, type NumericSetting, problemOf } from "./bounds.js";
import { optimizers, schedules } from "./optimizers.js";
import type { Change } from "./settings.js";

type LiveKey = Extract<Change, { kind: "setting" }>["key"];

const wordsOf: Partial<Readonly<Record<LiveKey, readonly { readonly id: string }[]>>> = {
  optimizer: optimizers,
  schedule: schedules,
};
const liveNumbers: readonly NumericSetting[] = ["lr", "clipGradNorm", "batchSize"];

/** A setting as update*key*value, a weight as update*name*index*value. */
export const changeToText = (change: Change): string =>
  change.kind === "setting"
    ? [change.update, change.key, change.value].join("*")
    : [change.update, change.name, change.index, Object.is(change.value, -0) ? "-0" : change.value].join("*");

const toNumber = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Null for what is no change. */
export function textToChange(text: string): Change | null {
  const parts = text.split("*");
  const update = toNumber(parts[0]);
  if (!isCount(update)) return null;
  if (parts.length === 4) {
    const [name, index, value] = [parts[1], toNumber(parts[2]), toNumber(parts[3])];
    const valid = /^[\w.]+$/.test(name) && isCount(index) && Number.isFinite(Math.fround(value));
    return valid ? { kind: "weight", update, name, index, value } : null;
  }
  return parts.length === 3 ? settingChange(update, parts[1], parts[2]) : null;
}

function settingChange(update: number, key: string, text: string): Change | null {
  const number = liveNumbers.find((one) => one === key);
  if (number) {
    const value = toNumber(text);
    return problemOf(value, bounds[number]) ? null : { kind: "setting", update, key: number as LiveKey, value };
  }
  const word = (Object.keys(wordsOf) as LiveKey[]).find((one) => one === key);
  const known = word && wordsOf[word]?.some(({ id }) => id === text);
  return known ? { kind: "setting", update, key: word, value: text } : null;
}
