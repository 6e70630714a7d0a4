import { defaultSettings, taskById, tasks } from "../tasks/index.js";
import type { DemoState, Settings } from "./settings.js";

const numbers = ["hiddenSize", "numLayers", "windowLength", "batchSize", "lr", "clipGradNorm", "seed"] as const;
const words = ["cell", "optimizer", "schedule", "engine"] as const;

/** A state as the part of an address behind "#"; what the task has by itself is left out. */
export function stateToHash({ settings, update }: DemoState): string {
  const usual = defaultSettings(settings.task);
  const params = new URLSearchParams({ task: settings.task });
  for (const key of [...words, ...numbers]) if (settings[key] !== usual[key]) params.set(key, String(settings[key]));
  if (settings.variedLengths !== usual.variedLengths) params.set("variedLengths", String(settings.variedLengths));
  for (const [key, value] of Object.entries(settings.taskOptions))
    if (value !== usual.taskOptions[key]) params.set(`task.${key}`, String(value));
  if (update > 0) params.set("update", String(update));
  return params.toString();
}

/** The state of an address; what it does not name, or names wrongly, is as the task has it. */
export function hashToState(hash: string): DemoState {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const named = tasks.find(({ id }) => id === params.get("task")) ?? tasks[0];
  const settings: { -readonly [K in keyof Settings]: Settings[K] } = { ...defaultSettings(named.id) };
  for (const key of numbers) {
    const value = Number(params.get(key) ?? Number.NaN);
    if (Number.isFinite(value)) settings[key] = value;
  }
  for (const key of words) {
    const value = params.get(key);
    if (value !== null) (settings as Record<string, unknown>)[key] = value;
  }
  if (params.has("variedLengths")) settings.variedLengths = params.get("variedLengths") === "true";
  const options = taskById(named.id).options.map(({ key, value }): [string, number] => {
    const given = Number(params.get(`task.${key}`) ?? Number.NaN);
    return [key, Number.isFinite(given) ? given : value];
  });
  const update = Number(params.get("update") ?? 0);
  return {
    settings: { ...settings, taskOptions: Object.fromEntries(options) },
    changes: [],
    update: Number.isInteger(update) && update > 0 ? update : 0,
    series: null,
  };
}
