// node check.mjs PYTHON: forecasts with `unrolled forecast`, then again with its model.onnx in Python, which has to say the same.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { usBirths } from "@unrolled/datasets/births";

const [python = "python3"] = process.argv.slice(2);
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unrolled-onnx-"));

/** @param {string} command @param {readonly string[]} args */
function outputOf(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}\n${stderr}`);
  return stdout;
}

/**
 * @param {string} name
 * @param {string} csv
 * @param {readonly string[]} settings
 * @returns {number} the largest difference, in units of the scale
 */
function differenceFor(name, csv, settings) {
  writeFileSync(join(folder, `${name}.csv`), csv);
  const main = here("../dist/main.js");
  const result = outputOf(process.execPath, [main, "forecast", `${name}.csv`, `--out=${name}`, "--json", ...settings]);
  /** @type {readonly number[]} */
  const values = JSON.parse(result).forecast.values; // those of forecast.csv, before they are rounded
  const { scaler } = JSON.parse(readFileSync(join(folder, name, "model.json"), "utf8"));
  const files = [join(name, "model.onnx"), `${name}.csv`];
  const fromPython = outputOf(python, [here("forecast_csv.py"), ...files])
    .trim()
    .split("\n")
    .map(Number);
  if (fromPython.length !== values.length) throw new Error(`${fromPython.length} values, not ${values.length}`);
  const differences = values.map((value, i) => Math.abs(value - fromPython[i]));
  return Math.max(...differences) / scaler.scale[0];
}

const { dates, values } = usBirths();
const births = `date,births\n${dates.map((date, i) => `${date},${values[i]}\n`).join("")}`;
const sine = Array.from({ length: 200 }, (_, i) => 1000 + 10 * Math.sin((2 * Math.PI * i) / 25));
const workdays = dates.flatMap((date, i) =>
  [0, 6].includes(new Date(date).getUTCDay()) ? [] : `${date},${values[i]}\n`,
);
/** @param {readonly number[]} times @param {number} length of the season @param {number} characters of each date */
function dated(times, length, characters) {
  const lines = times.map((time, i) => {
    const value = 100 + 10 * Math.sin((2 * Math.PI * i) / length) + 3 * Math.cos(i * i);
    return `${new Date(time).toISOString().slice(0, characters).replace("T", " ")},${value}\n`;
  });
  return `date,y\n${lines.join("")}`;
}
/** @param {number} count @param {(i: number) => number} time */
const times = (count, time) => Array.from({ length: count }, (_, i) => time(i));
const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2012, 0, 2); // a Monday
const months = (/** @type {number} */ count, /** @type {(month: number) => number} */ dayOf) =>
  times(count, (i) => Date.UTC(2000, i, dayOf(i)));
const lastDay = (/** @type {number} */ month) => new Date(Date.UTC(2000, month + 1, 0)).getUTCDate();
const regular = times(900, (i) => start + i * day).filter((time) => ![0, 6].includes(new Date(time).getUTCDay()));
const gaps = [1, 3, 4, 1, 2, 5];

const series = /** @type {const} */ ([
  ["births", births, ["--epochs=1"]],
  ["working-days", `date,births\n${workdays.slice(-700).join("")}`, ["--epochs=5"]],
  ["sine", `y\n${sine.join("\n")}\n`, ["--window=25", "--epochs=30"]],
  ["short-sine", `y\n${sine.slice(0, 30).join("\n")}\n`, ["--season=12", "--horizon=2", "--window=3", "--epochs=5"]],
  [
    "weekly",
    dated(
      times(300, (i) => start + 7 * i * day),
      52,
      10,
    ),
    ["--season=4", "--long-season=52", "--epochs=3"],
  ],
  [
    "every other day",
    dated(
      times(800, (i) => start + 2 * i * day),
      182,
      10,
    ),
    ["--season=7", "--long-season=182", "--epochs=2"],
  ],
  [
    "daily at noon",
    dated(
      times(800, (i) => start + i * day + 12 * hour),
      7,
      16,
    ),
    ["--epochs=2"],
  ],
  [
    "monthly",
    dated(
      months(160, () => 15),
      12,
      10,
    ),
    ["--season=3", "--long-season=12", "--epochs=5"],
  ],
  ["end of month", dated(months(160, lastDay), 12, 10), ["--season=3", "--long-season=12", "--epochs=5"]],
  [
    "quarterly",
    dated(
      times(120, (i) => Date.UTC(1990, 3 * i, 1)),
      4,
      10,
    ),
    ["--long-season=8", "--epochs=5"],
  ],
  ["working days with a long season", dated(regular, 5, 10), ["--long-season=260", "--epochs=2"]],
  [
    "hourly",
    dated(
      times(900, (i) => start + i * hour),
      24,
      16,
    ),
    ["--epochs=1"],
  ],
  [
    "every 36 hours",
    dated(
      times(600, (i) => start + 36 * i * hour),
      30,
      16,
    ),
    ["--season=5", "--long-season=30", "--epochs=2"],
  ],
  [
    "irregular",
    dated(
      times(400, (i) => start + (16 * Math.floor(i / 6) + gaps.slice(0, i % 6).reduce((a, b) => a + b, 0)) * day),
      20,
      10,
    ),
    ["--season=5", "--long-season=30", "--epochs=2"],
  ],
]);
let passed = true;
for (const [name, csv, settings] of series) {
  const difference = differenceFor(name, csv, ["--quiet", ...settings]);
  const close = difference < 1e-5;
  passed &&= close;
  console.log(
    `${close ? "ok    " : "FAILED"}  model.onnx in Python, ${name}: ${difference.toExponential(1)} of the scale`,
  );
}
rmSync(folder, { recursive: true });
process.exit(passed ? 0 : 1);
