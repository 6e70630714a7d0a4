// node check.mjs PYTHON: writes a training step with the example, trains with it in Python, and compares the losses with the eager ones.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [python = "python3"] = process.argv.slice(2);
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unrolled-training-"));
const epochs = "5";

/** @param {string} command @param {readonly string[]} args */
function outputOf(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}\n${stderr}`);
  return stdout;
}

/** @param {string} text @param {RegExp} pattern @returns {readonly number[]} */
const numbersIn = (text, pattern) => Array.from(text.matchAll(pattern), ([, number]) => Number(number));

/** @param {readonly string[]} options @returns the losses of each epoch, eagerly and in Python */
function lossesOf(options) {
  const out = join(folder, options.join("") || "plain");
  const example = here("../../dist/examples/export-training.js");
  const eager = outputOf(process.execPath, [example, "--epochs", epochs, "--out", out, ...options]);
  const fromPython = outputOf(python, [here("train_onnx.py"), join(out, "export-training"), epochs]);
  return {
    eager: numbersIn(eager, /, eagerly (\S+)/g),
    fromPython: numbersIn(fromPython, /loss of the last batch (\S+)/g),
  };
}

/** @param {boolean} passed @param {string} what */
function report(passed, what) {
  console.log(`${passed ? "ok    " : "FAILED"}  training step in Python, ${what}`);
  return passed;
}

const plain = lossesOf([]);
const differences = plain.eager.map((loss, i) => Math.abs(plain.fromPython[i] / loss - 1));
const largest = Math.max(...differences);
const dropped = lossesOf(["--dropout"]).fromPython;
const passed = [
  report(
    differences.length === Number(epochs) && largest <= 1e-4,
    `without dropout: ${largest.toExponential(1)} relative to eager losses`,
  ),
  report(
    dropped.length === Number(epochs) && dropped.every(Number.isFinite) && dropped[4] < dropped[0] / 2,
    `with masks of its own: losses ${dropped.join(", ")}`,
  ),
];
rmSync(folder, { recursive: true });
process.exit(passed.every((is) => is) ? 0 : 1);
