import { join, resolve } from "node:path";
import type { ReadSeriesOptions } from "@unrolled/datasets";
import { type ForecastOptions, type ForecastRun, type ForecastStart, forecast } from "@unrolled/train";
import { saveStateDict } from "@unrolled/weights";
import { plainText } from "../charts/plot-data.js";
import { wrapped } from "../charts/wrapped.js";
import { interruptible } from "../interrupt.js";
import { type OnnxModel, onnxModel } from "../onnx/onnx-model.js";
import { checkWritable, type OutputFile, writeTogether } from "../output-folder.js";
import { progressOn, silentProgress } from "../progress.js";
import { inFlags, isRefusal, UserError, wordsInFlags } from "../user-error.js";
import { type BackendName, openBackend } from "./backend.js";
import { Console } from "./console.js";
import { forecastCsv } from "./forecast-table.js";
import { resultJson } from "./json.js";
import { type LoadedSeries, loadBirths, loadFile } from "./load-series.js";
import { reportHtml } from "./report.js";

export interface ForecastCommand {
  /** A CSV file; absent for the births. */
  readonly file?: string;
  readonly reading: ReadSeriesOptions;
  readonly options: Partial<ForecastOptions>;
  readonly backend: BackendName;
  /** Of the cpu backend. */
  readonly threads: number;
  /** Folder for the results; absent for out/ and the series' name. */
  readonly out?: string;
  /** Write model.onnx. */
  readonly onnx: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly json: boolean;
}

const shownWarnings = 5;

/** Reads, trains, tests, forecasts, writes the files, and shows all of it. */
export async function runForecast(command: ForecastCommand): Promise<void> {
  const loaded = command.file === undefined ? loadBirths() : loadFile(command.file, command.reading);
  const folder = resolve(command.out ?? join("out", loaded.slug));
  checkWritable(folder);
  const talk = command.quiet || command.json ? null : new Console(command.color);
  talk?.start(loaded, command.file === undefined ? ownFileHint() : null);
  warn(loaded.warnings);

  let told = 0;
  const run = await train(loaded, command, (start) => {
    talk?.decided(start);
    warn(start.warnings.map(wordsInFlags));
    told = start.warnings.length;
  });
  const later = run.warnings.map(wordsInFlags);
  warn(later.slice(told));
  const warnings = [...loaded.warnings, ...later];
  const onnx = command.onnx ? await onnxModel(run) : null;
  const written = writeTogether(folder, await resultFiles(loaded, run, warnings, onnx));
  talk?.results(run);
  talk?.files(written, onnx?.check ?? null);
  if (command.json) process.stdout.write(resultJson(loaded, run, warnings, written, onnx?.check ?? null));
}

function ownFileHint(): string {
  const start = process.env.npm_lifecycle_event === "start" ? "npm start --" : "unrolled forecast";
  return `No file was named, so this is the series that comes along. Your own: ${start} FILE.csv --column NAME`;
}

function warn(warnings: readonly string[]): void {
  for (const text of warnings.slice(0, shownWarnings)) writeWarning(plainText(text));
  const more = warnings.length - shownWarnings;
  if (more > 0) writeWarning(`and ${more} more like these; the report lists all`);
}

/** Wrapped, so that it reads well in a log too. */
function writeWarning(text: string): void {
  const label = "warning: ";
  const width = Math.max(40, Math.min(process.stderr.columns || 80, 100)) - label.length;
  wrapped(text, width).forEach((part, i) => {
    process.stderr.write(`${i === 0 ? label : " ".repeat(label.length)}${part}\n`);
  });
}

async function train(
  loaded: LoadedSeries,
  { options, backend: name, threads, quiet }: ForecastCommand,
  onStart: (start: ForecastStart) => void,
): Promise<ForecastRun> {
  const backend = await openBackend(name, threads, (text) => warn([text]));
  const progress = quiet ? silentProgress : progressOn(process.stderr);
  try {
    return await interruptible((signal) =>
      forecast(
        loaded.series,
        { ...options, backend },
        { signal, onStart, onBatch: progress.onBatch, onEpoch: progress.onEpoch },
      ),
    );
  } catch (error) {
    if (isRefusal(error)) throw new UserError(inFlags(error), { cause: error });
    throw error;
  } finally {
    progress.stop();
  }
}

async function resultFiles(
  loaded: LoadedSeries,
  run: ForecastRun,
  warnings: readonly string[],
  onnx: OnnxModel | null,
): Promise<OutputFile[]> {
  return [
    { name: "report.html", content: reportHtml(loaded, run, warnings, onnx?.check ?? null) },
    { name: "forecast.csv", content: forecastCsv(run) },
    ...(onnx === null ? [] : [{ name: "model.onnx", content: onnx.bytes }]),
    { name: "model.safetensors", content: await saveStateDict(run.model) },
    { name: "model.json", content: `${JSON.stringify(run.config, null, 2)}\n` },
  ];
}
