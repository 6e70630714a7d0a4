import type { ForecastRun } from "@unrolled/train";
import { type ChartSpec, svgChart } from "../charts/index.js";
import { escapeHtml } from "../escape.js";
import { formatCount, formatShort } from "../numbers.js";
import { type ModelCheck, modelTolerance } from "../onnx/check-model.js";
import { backtestChart, forecastChart, lossChart } from "./chart-specs.js";
import { backtestOf, extentOf, intervalOf, modelOf, seasonOf, settingsOf, trainingOf } from "./describe.js";
import { forecastTable } from "./forecast-table.js";
import type { LoadedSeries } from "./load-series.js";
import { reportStyle } from "./report-style.js";
import { scoreTable, type TextRows } from "./score-table.js";
import { verdict } from "./verdict.js";

const policy = "default-src 'none'; style-src 'unsafe-inline'";

/**
 * A page that needs nothing but itself: no script, font, picture or style from elsewhere. It holds no time of day and no
 * timings, so that the same run gives the same bytes.
 */
export function reportHtml(
  loaded: LoadedSeries,
  run: ForecastRun,
  warnings: readonly string[],
  onnx: ModelCheck | null,
): string {
  const { series, options, backtest, network } = run;
  const title = `Forecast of ${series.name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(loaded.title)}: ${escapeHtml(extentOf(loaded))}. Season ${escapeHtml(seasonOf(run))}.</p>
${loaded.source === undefined ? "" : `<p class="faint">Source: ${escapeHtml(loaded.source)}.</p>\n`}</header>
<main>
<p class="verdict">${escapeHtml(verdict(backtest.rows, network))}</p>
${warningList(warnings)}${section(
  `The next ${options.horizon} steps`,
  figure(forecastChart(run)) +
    paragraph(intervalOf(run)) +
    details("All values of the forecast", table(forecastTable(run))),
)}
${section("Backtest", paragraph(`${backtestOf(run)}.`) + table(scoreTable(backtest.rows), true) + notes(run) + figure(backtestChart(run)))}
${section("Training", paragraph(`${modelOf(run)}; ${trainingOf(run)}.`) + figure(lossChart(run)) + details("Loss of each epoch", table(lossTable(run))))}
${onnx === null ? "" : section("The model as a file", onnxUse(onnx))}
${section("Settings", table({ header: ["option", "value"], rows: settingsOf(run) }) + paragraph("The same settings, seed and data give the same forecast."))}
</main>
</body>
</html>
`;
}

function section(title: string, content: string): string {
  return `<section>\n<h2>${escapeHtml(title)}</h2>\n${content}</section>`;
}

function paragraph(text: string): string {
  return `<p class="faint">${escapeHtml(text)}</p>\n`;
}

function warningList(warnings: readonly string[]): string {
  if (warnings.length === 0) return "";
  return `<ul class="warnings">\n${warnings.map((text) => `<li>${escapeHtml(text)}</li>\n`).join("")}</ul>\n`;
}

function figure(spec: ChartSpec): string {
  const wide = svgChart({ ...spec, width: 860, height: 360 });
  const narrow = svgChart({ ...spec, width: 380, height: 320 });
  return `<figure><div class="wide">${wide}</div><div class="narrow">${narrow}</div></figure>\n`;
}

function table({ header, rows }: TextRows, firstIsModel = false): string {
  const line = (cells: readonly string[], tag: "th" | "td"): string =>
    cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("");
  const body = rows.map(
    (cells, i) => `<tr${firstIsModel && i === 0 ? ' class="model"' : ""}>${line(cells, "td")}</tr>\n`,
  );
  return `<div class="scroll"><table${firstIsModel ? ' class="scores"' : ""}>\n<thead><tr>${line(header, "th")}</tr></thead>\n<tbody>\n${body.join("")}</tbody>\n</table></div>\n`;
}

function details(summary: string, content: string): string {
  return `<details>\n<summary>${escapeHtml(summary)}</summary>\n${content}</details>\n`;
}

function notes({ backtest, options, series }: ForecastRun): string {
  const entries: (readonly [string, string])[] = [
    ...backtest.rows.flatMap(({ name, note }) => (note === undefined ? [] : [[name, note] as const])),
    ["MAE, RMSE", `mean absolute error and root of the mean squared error, in the units of ${series.name}`],
    [
      "MASE",
      `MAE divided by that of repeating the value ${formatCount(options.season, "step")} back, before the held-back end`,
    ],
    ["sMAPE", "symmetric percentage error, 0 to 200 %. Lower is better in all"],
  ];
  const items = entries.map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd>\n`);
  return `<dl>\n${items.join("")}</dl>\n`;
}

/** Without the difference itself, which depends on the machine. */
function onnxUse({ forecasts }: ModelCheck): string {
  return paragraph(
    `model.onnx takes raw values and gives raw forecasts, in any program that runs ONNX; its doc string says what to give it. In ONNX Runtime it gave ${formatCount(forecasts, "forecast")} of this run again, with differences below ${modelTolerance.toExponential()} of the scale.`,
  );
}

function lossTable({ training }: ForecastRun): TextRows {
  return {
    header: ["epoch", "training", "validation", ""],
    rows: training.epochs.map(({ epoch, trainLoss, validationLoss }) => [
      `${epoch}`,
      formatShort(trainLoss),
      formatShort(validationLoss),
      epoch === training.bestEpoch ? "best" : "",
    ]),
  };
}
