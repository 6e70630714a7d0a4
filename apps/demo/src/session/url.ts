import { cellKinds } from "../cells/index.js";
import { engineKinds } from "../engines/index.js";
import { defaultSettings, taskById, tasks } from "../tasks/index.js";
import { requireUsable } from "../tasks/own.js";
import type { Task, TaskOption } from "../tasks/task.js";
import { bounds, type NumericSetting, numericSettings, problemOf, settingProblem } from "./bounds.js";
import { changeToText, textToChange } from "./changes-text.js";
import { optimizers, schedules } from "./optimizers.js";
import { seriesId, textToValues, valuesToText } from "./series-text.js";
import type { Change, DemoState, Settings, UserSeries } from "./settings.js";

const choices = { cell: cellKinds, optimizer: optimizers, schedule: schedules, engine: engineKinds } as const;
type WordSetting = keyof typeof choices;
const wordSettings = Object.keys(choices) as readonly WordSetting[];
const optionPrefix = "task.";
/** Longer addresses are cut by mail programs and chats. */
const mostLettersOfSeries = 8000;
/** Nobody waits for more to be trained again. */
const mostUpdates = 10_000_000;

/** A part of a link that could not be used, and what stands in its place. */
export interface LinkProblem {
  /** The name in the address. */
  readonly field: string;
  readonly given: string;
  /** What is wrong and what was taken instead, as sentences for the page. */
  readonly words: string;
}

export interface Address {
  readonly state: DemoState;
  /** The chosen view; null: none is named. */
  readonly view: string | null;
  readonly problems: readonly LinkProblem[];
}

/** Whether a link can hold the series; a longer one is named only, and kept by the page. */
export const fitsIntoLink = (series: UserSeries): boolean => valuesToText(series.values).length <= mostLettersOfSeries;

/** All of a state as the part of an address behind "#"; what the task has by itself is left out. */
export function stateToHash({ settings, changes, update, series }: DemoState, view: string | null = null): string {
  const usual = defaultSettings(settings.task);
  const params = new URLSearchParams({ task: settings.task });
  for (const key of [...wordSettings, ...numericSettings])
    if (settings[key] !== usual[key]) params.set(key, String(settings[key]));
  if (settings.variedLengths !== usual.variedLengths) params.set("variedLengths", String(settings.variedLengths));
  for (const [key, value] of Object.entries(settings.taskOptions))
    if (value !== usual.taskOptions[key]) params.set(`${optionPrefix}${key}`, String(value));
  if (update > 0) params.set("update", String(update));
  for (const change of changes) params.append("change", changeToText(change));
  if (series && taskById(settings.task).takesSeries) {
    params.set("series", series.name);
    if (fitsIntoLink(series)) params.set("values", valuesToText(series.values));
    else params.set("kept", seriesId(series));
  }
  if (view !== null) params.set("view", view);
  return params.toString();
}

/** The state of an address. What it names wrongly is as the task has it by itself, and is told. */
export function readAddress(
  hash: string,
  keptSeries: (id: string) => UserSeries | null,
  views: readonly string[] = [],
): Address {
  return new AddressReader(hash, keptSeries, views).read();
}

const toNumber = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));

class AddressReader {
  readonly #params: URLSearchParams;
  readonly #keptSeries: (id: string) => UserSeries | null;
  readonly #views: readonly string[];
  readonly #problems: LinkProblem[] = [];
  readonly #known = new Set(["task", "variedLengths", "update", "change", "series", "values", "kept", "view"]);

  constructor(hash: string, keptSeries: (id: string) => UserSeries | null, views: readonly string[]) {
    this.#views = views;
    this.#params = new URLSearchParams(hash.replace(/^#/, ""));
    this.#keptSeries = keptSeries;
  }

  read(): Address {
    const task = this.#task();
    const settings = this.#settings(task);
    const update = this.#update();
    const changes = this.#changes(update);
    const series = this.#series(task);
    const view = this.#view();
    this.#tellUnknown();
    this.#tellRepeated();
    const state: DemoState = { settings, changes, update, series };
    return { state, view, problems: this.#problems };
  }

  #tell(field: string, given: string, words: string): void {
    this.#problems.push({ field, given: given.length > 40 ? `${given.slice(0, 40)}…` : given, words });
  }

  #task(): Task {
    const given = this.#params.get("task");
    const found = tasks.find(({ id }) => id === given);
    if (!found && given !== null) this.#tell("task", given, `There is no such task; this is "${tasks[0].title}".`);
    return found ?? tasks[0];
  }

  #settings(task: Task): Settings {
    const usual = defaultSettings(task.id);
    const numbers = numericSettings.map((key) => [key, this.#setting(key, usual)] as const);
    const words = wordSettings.map((key) => [key, this.#word(key, usual[key])] as const);
    const options = task.options.map((option) => [option.key, this.#option(option)] as const);
    return {
      ...usual,
      ...(Object.fromEntries(numbers) as Pick<Settings, NumericSetting>),
      ...(Object.fromEntries(words) as Pick<Settings, WordSetting>),
      variedLengths: this.#variedLengths(usual.variedLengths),
      taskOptions: Object.fromEntries(options),
    };
  }

  #setting(key: NumericSetting, usual: Settings): number {
    return this.#number(key, bounds[key].label, usual[key], (value) => settingProblem(key, value, usual));
  }

  #option({ key, label, min, max, step, value }: TaskOption): number {
    const whole = Number.isInteger(step) && Number.isInteger(min);
    return this.#number(`${optionPrefix}${key}`, label, value, (given) => problemOf(given, { min, max, whole }));
  }

  #number(field: string, label: string, usual: number, problem: (value: number) => string | null): number {
    this.#known.add(field);
    const given = this.#params.get(field);
    if (given === null) return usual;
    const value = toNumber(given);
    const wrong = problem(value);
    if (wrong === null) return value;
    this.#tell(field, given, `${label}: ${wrong} It is ${usual} now.`);
    return usual;
  }

  #word(key: WordSetting, usual: string): string {
    this.#known.add(key);
    const given = this.#params.get(key);
    const known: readonly { readonly id: string; readonly label: string }[] = choices[key];
    if (given === null || known.some(({ id }) => id === given)) return given ?? usual;
    const taken = known.find(({ id }) => id === usual)?.label ?? usual;
    this.#tell(key, given, `This page knows no such ${key}; it is "${taken}" now.`);
    return usual;
  }

  #variedLengths(usual: boolean): boolean {
    const given = this.#params.get("variedLengths");
    if (given === null || given === "true" || given === "false") return given === null ? usual : given === "true";
    this.#tell("variedLengths", given, `Varied lengths are true or false; they are ${usual} now.`);
    return usual;
  }

  #update(): number {
    return this.#number("update", "Updates", 0, (value) => problemOf(value, { min: 0, max: mostUpdates, whole: true }));
  }

  #changes(update: number): Change[] {
    const changes: Change[] = [];
    for (const text of this.#params.getAll("change")) {
      const change = textToChange(text);
      if (change === null) this.#tell("change", text, "This is no change of a weight or setting; it is left out.");
      else if (change.update > update || change.update < (changes.at(-1)?.update ?? 0))
        this.#tell("change", text, "This change lies before the one it follows, or after the end; it is left out.");
      else changes.push(change);
    }
    return changes;
  }

  #series(task: Task): UserSeries | null {
    const name = this.#params.get("series");
    if (name === null || !task.takesSeries) return null;
    const [values, kept] = [this.#params.get("values"), this.#params.get("kept")];
    if (values === null) return this.#kept(name, kept ?? "");
    const series = { name, values: textToValues(values) ?? new Float32Array() };
    try {
      requireUsable(series);
      return series;
    } catch (error) {
      this.#tell("values", values, `${(error as Error).message}. The example stands there now.`);
      return null;
    }
  }

  #kept(name: string, id: string): UserSeries | null {
    const series = this.#keptSeries(id);
    if (series === null)
      this.#tell(
        "kept",
        id,
        `The series "${name}" was too long for a link, and lies in the tab that it was read in. The example stands there now: drop the file once more.`,
      );
    return series;
  }

  #view(): string | null {
    const given = this.#params.get("view");
    if (given === null || this.#views.length === 0 || this.#views.includes(given)) return given;
    this.#tell("view", given, `This page has no such view; they are ${this.#views.join(", ")}.`);
    return null;
  }

  #tellRepeated(): void {
    for (const field of new Set(this.#params.keys())) {
      const [, ...others] = field === "change" ? [] : this.#params.getAll(field);
      for (const given of others) this.#tell(field, given, "This is given more than once; the first is taken.");
    }
  }

  #tellUnknown(): void {
    for (const [field, given] of this.#params)
      if (!this.#known.has(field)) this.#tell(field, given, "This page knows no such setting of this task.");
  }
}
