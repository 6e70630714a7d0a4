import { FormatError } from "@unrolled/backend";
import { StandardScaler, type StandardScalerJSON } from "@unrolled/datasets";
import { type FeaturePlan, type FirstGuess, planFeatures } from "./features.js";
import type { ForecasterSizes } from "./forecaster.js";
import type { ResolvedOptions } from "./types.js";

/** Plain data from which a trained forecaster is rebuilt, together with its weights. */
export interface ForecastConfig {
  readonly format: "unrolled-forecaster";
  readonly version: 1;
  /** The series' name. */
  readonly series: string;
  readonly sizes: ForecasterSizes;
  readonly features: FeaturePlan;
  /** Fitted on the part before the held-back end. */
  readonly scaler: StandardScalerJSON;
  /** As it was trained; for the record, nothing is rebuilt from it. */
  readonly options: Omit<ResolvedOptions, "backend">;
}

const op = "loadForecaster";
const firstGuesses: readonly FirstGuess[] = ["naive", "drift", "mean", "long", "longShifted"];
const cells: readonly ForecasterSizes["cell"][] = ["lstm", "gru", "rnn"];
const largest = 1e6;

type Fields = Readonly<Record<string, unknown>>;

function bad(place: string, value: unknown, remedy: string): FormatError {
  return new FormatError(op, `config.${place} is ${String(JSON.stringify(value)).slice(0, 60)}`, remedy);
}

function object(value: unknown, place: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw bad(place, value, "it must be an object");
  return value as Fields;
}

function size(fields: Fields, place: string, name: string): number {
  const value = fields[name];
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > largest)
    throw bad(`${place}.${name}`, value, `it must be a whole number from 1 to ${largest}`);
  return value as number;
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== "boolean") throw bad(`features.${name}`, value, "it must be true or false");
  return value;
}

function oneOf<T extends string>(fields: Fields, place: string, name: string, allowed: readonly T[]): T {
  const value = allowed.find((item) => item === fields[name]);
  if (value === undefined) throw bad(`${place}.${name}`, fields[name], `it must be one of ${allowed.join(", ")}`);
  return value;
}

function readPlan(fields: Fields): FeaturePlan {
  const firstGuess = oneOf(fields, "features", "firstGuess", firstGuesses);
  const longSeason = fields.longSeason === null ? null : size(fields, "features", "longSeason");
  if (longSeason === null && firstGuess.startsWith("long"))
    throw bad("features.firstGuess", firstGuess, "it needs a longSeason");
  return planFeatures({
    window: size(fields, "features", "window"),
    horizon: size(fields, "features", "horizon"),
    season: size(fields, "features", "season"),
    longSeason,
    weekday: flag(fields, "weekday"),
    yearly: flag(fields, "yearly"),
    earlierYears: flag(fields, "earlierYears"),
    firstGuess,
  });
}

function readSizes(fields: Fields, { windowSize, stepSize, horizon }: FeaturePlan): ForecasterSizes {
  for (const [name, value] of Object.entries({ windowSize, stepSize, horizon })) {
    if (fields[name] !== value) throw bad(`sizes.${name}`, fields[name], `the features make it ${value}`);
  }
  const { dropout } = fields;
  if (typeof dropout !== "number" || !(dropout >= 0 && dropout < 1))
    throw bad("sizes.dropout", dropout, "it must be a number from 0 to below 1");
  return {
    cell: oneOf(fields, "sizes", "cell", cells),
    windowSize,
    stepSize,
    horizon,
    hiddenSize: size(fields, "sizes", "hiddenSize"),
    numLayers: size(fields, "sizes", "numLayers"),
    dropout,
  };
}

/** Checks a config that may come from anywhere. */
export function readConfig(json: unknown): ForecastConfig {
  const fields = object(json, "");
  if (fields.format !== "unrolled-forecaster") throw bad("format", fields.format, 'it must be "unrolled-forecaster"');
  if (fields.version !== 1) throw bad("version", fields.version, "this version of the library reads 1");
  if (typeof fields.series !== "string") throw bad("series", fields.series, "it must be a string");
  const features = readPlan(object(fields.features, "features"));
  return {
    format: "unrolled-forecaster",
    version: 1,
    series: fields.series,
    sizes: readSizes(object(fields.sizes, "sizes"), features),
    features,
    scaler: StandardScaler.fromJSON(fields.scaler).toJSON(),
    options: object(fields.options, "options") as unknown as ForecastConfig["options"],
  };
}
