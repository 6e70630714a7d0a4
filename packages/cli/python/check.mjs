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
  const values = JSON.parse(result).forecast.values;
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
const series = /** @type {const} */ ([
  ["births", births, ["--epochs=1"]],
  ["working-days", `date,births\n${workdays.slice(-700).join("")}`, ["--epochs=5"]],
  ["sine", `y\n${sine.join("\n")}\n`, ["--window=25", "--epochs=30"]],
  ["short-sine", `y\n${sine.slice(0, 30).join("\n")}\n`, ["--season=12", "--horizon=2", "--window=3", "--epochs=5"]],
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
