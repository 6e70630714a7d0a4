import { ArgumentError } from "@unrolled/backend";
import type { Settings } from "../session/settings.js";
import { elman } from "./elman-sine.js";
import { lstmWindows } from "./lstm-windows.js";
import { adding, parityTask } from "./memory.js";
import { firstNames } from "./names.js";
import { own } from "./own.js";
import { births, co2 } from "./real-series.js";
import { rnnSubsequences } from "./rnn-subsequences.js";
import type { Task } from "./task.js";
import { waveTasks } from "./waves.js";

/** Every task that the page offers, in the order of the form. */
export const tasks: readonly Task[] = [
  elman,
  rnnSubsequences,
  lstmWindows,
  ...waveTasks,
  births,
  co2,
  adding,
  parityTask,
  firstNames,
  own,
];

export function taskById(id: string): Task {
  const task = tasks.find((one) => one.id === id);
  if (task) return task;
  throw new ArgumentError("task", `no task "${id}"`, `use one of ${tasks.map((one) => one.id).join(", ")}`);
}

/** How a task begins when it is chosen. */
export function defaultSettings(id: string, seed = 0, engine = "cpu"): Settings {
  const task = taskById(id);
  const taskOptions = Object.fromEntries(task.options.map(({ key, value }) => [key, value]));
  return { task: task.id, taskOptions, seed, engine, ...task.defaults };
}
