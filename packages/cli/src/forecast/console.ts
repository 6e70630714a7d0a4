import { isAbsolute, relative } from "node:path";
import type { ForecastRun, ForecastStart } from "@unrolled/train";
import { hasColours, paint } from "../charts/colours.js";
import { terminalChart } from "../charts/index.js";
import { plainText } from "../charts/plot-data.js";
import { wrapped } from "../charts/wrapped.js";
import { formatBytes, formatDuration } from "../numbers.js";
import type { ModelCheck } from "../onnx/check-model.js";
import type { WrittenFile } from "../output-folder.js";
import { textTable } from "../table.js";
import { forecastChart } from "./chart-specs.js";
import { backtestOf, checkOf, extentOf, intervalCaution, modelOf, seasonOf, trainingOf } from "./describe.js";
import { forecastTable } from "./forecast-table.js";
import type { LoadedSeries } from "./load-series.js";
import { scoreTable } from "./score-table.js";
import { verdict } from "./verdict.js";

const shownDays = 7;

/** What a person reads on standard output. */
export class Console {
  readonly #color: boolean;
  readonly #width: number;

  constructor(color: boolean) {
    this.#color = color && hasColours(process.stdout);
    this.#width = Math.max(40, Math.min(process.stdout.columns || 80, 100));
  }

  #line(text = ""): void {
    process.stdout.write(`${text}\n`);
  }

  /** A label and text beside it, wrapped to the width. */
  #fact(label: string, text: string): void {
    const indent = 10;
    wrapped(plainText(text), this.#width - indent).forEach((part, i) => {
      this.#line((i === 0 ? paint("bold", label.padEnd(indent), this.#color) : " ".repeat(indent)) + part);
    });
  }

  #heading(text: string): void {
    this.#line();
    this.#line(paint("bold", text, this.#color));
  }

  start(loaded: LoadedSeries, hint: string | null): void {
    this.#fact("Series", loaded.title);
    this.#fact("", extentOf(loaded));
    if (loaded.source !== undefined) this.#fact("Source", loaded.source);
    if (hint !== null) this.#fact("", hint);
  }

  decided(start: ForecastStart): void {
    this.#fact("Season", seasonOf(start));
  }

  results(run: ForecastRun): void {
    const { training, backtest, forecast, network } = run;
    this.#fact("Model", modelOf(run));
    this.#fact("Training", `${trainingOf(run)}, ${formatDuration(training.seconds)}`);
    this.#fact("Backtest", backtestOf(run));
    this.#line();
    const scores = scoreTable(backtest.rows);
    textTable(scores.header, scores.rows).forEach((text, i) => {
      this.#line(i === 2 ? paint("bold", text, this.#color) : text);
    });
    this.#line();
    for (const part of wrapped(verdict(backtest.rows, network), this.#width)) this.#line(part);
    this.#line();
    this.#line(terminalChart({ ...forecastChart(run), width: this.#width, height: 14, color: this.#color }));
    const count = Math.min(shownDays, forecast.values.length);
    this.#heading(
      `The first ${count} of ${forecast.values.length} steps, with the ${Math.round(forecast.level * 100)} % interval`,
    );
    const caution = intervalCaution(run);
    if (caution !== null) this.#line(caution);
    const { header, rows } = forecastTable(run, count);
    for (const text of textTable(header, rows)) this.#line(text);
  }

  files(written: readonly WrittenFile[], onnx: ModelCheck | null): void {
    this.#heading("Written");
    const rows = written.map(({ path, bytes }) => [shownPath(path), formatBytes(bytes)]);
    const width = Math.max(...rows.map(([path]) => path.length));
    for (const [path, size] of rows) this.#line(`${path.padEnd(width)}  ${size.padStart(8)}`);
    if (onnx !== null) for (const part of wrapped(checkOf(onnx), this.#width)) this.#line(part);
  }
}

/** Relative where that is shorter to read: inside the folder where the person stands. */
function shownPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") || isAbsolute(fromHere) ? path : fromHere;
}
