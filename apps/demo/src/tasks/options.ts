import { ArgumentError } from "@unrolled/backend";
import type { Settings } from "../session/settings.js";
import type { TaskOption } from "./task.js";

/** The task's own numbers, each within its bounds. */
export function readOptions<const O extends readonly TaskOption[]>(
  options: O,
  { taskOptions }: Settings,
): Readonly<Record<O[number]["key"], number>> {
  const entries = options.map(({ key, label, min, max, step, value }) => {
    const given = taskOptions[key] ?? value;
    if (!(given >= min && given <= max))
      throw new ArgumentError("task", `${label} is ${given}`, `give a number from ${min} to ${max}`);
    if (Number.isInteger(step) && Number.isInteger(min) && !Number.isInteger(given))
      throw new ArgumentError("task", `${label} is ${given}`, "give a whole number");
    return [key, given] as const;
  });
  return Object.fromEntries(entries) as Record<O[number]["key"], number>;
}

export function requireWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new ArgumentError("task", `${name} is ${value}`, `give a whole number of ${least} or more`);
}
