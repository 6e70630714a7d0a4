// npm run check:python: weights go from TypeScript to Python and back, and give the same outputs on both sides; exported ONNX files pass
// the official checker and give the same outputs in Python, model.onnx of `unrolled forecast` too; an exported training step trains there.
// --light does with numpy and safetensors alone; --install makes a virtual environment with what is needed, outside the repository.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { buildOrExit, root } from "./steps.mjs";

const folder = join(root, "packages", "weights", "python");
const forecasts = join(root, "packages", "cli", "python");
const examples = join(root, "docs", "examples", "python");
const exported = join(root, "packages", "onnx", "python", "exports");
const known = new Set(["--light", "--install", "--help"]);
const flags = new Set(process.argv.slice(2));
const light = flags.has("--light");
const usage = `Usage: npm run check:python [-- --light] [--install]
  --light    needs numpy and safetensors only, and leaves ONNX out; without it, onnx, onnxruntime and torch too, and keras where there is one
  --install  makes a virtual environment with them first, in ${environmentFolder()}
The interpreter is that of UNROLLED_PYTHON, else of the virtual environment, else python3.`;

function environmentFolder() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return join(cache, "unrolled", "python");
}

/** @param {string} message @param {number} code @returns {never} */
function stop(message, code) {
  console.error(message);
  process.exit(code);
}

/** @param {string} command @param {readonly string[]} args @returns {boolean} whether it succeeded */
function runs(command, args) {
  return spawnSync(command, args, { stdio: "inherit" }).status === 0;
}

function interpreter() {
  const own = join(environmentFolder(), process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  return process.env.UNROLLED_PYTHON ?? (existsSync(own) ? own : "python3");
}

/** @param {string} python @param {readonly string[]} modules @returns {readonly string[] | null} null where there is no Python */
function missingModules(python, modules) {
  const code = "import importlib.util,sys;print(*[m for m in sys.argv[1:] if importlib.util.find_spec(m) is None])";
  const { status, stdout } = spawnSync(python, ["-c", code, ...modules], { encoding: "utf8" });
  return status === 0 ? stdout.split(/\s+/).filter(Boolean) : null;
}

function install() {
  if (process.env.UNROLLED_PYTHON) stop("--install makes an environment of its own: unset UNROLLED_PYTHON.", 2);
  const files = light
    ? [join(folder, "requirements-light.txt")]
    : [folder, forecasts, exported].map((at) => join(at, "requirements.txt"));
  const requirements = files.flatMap((file) => ["-r", file]);
  const made =
    runs("python3", ["-m", "venv", environmentFolder()]) &&
    runs(interpreter(), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...requirements]);
  if (!made) stop("The virtual environment could not be made: the message stands above.", 2);
}

if (flags.has("--help")) stop(usage, 0);
for (const flag of flags) if (!known.has(flag)) stop(`Unknown option ${flag}.\n${usage}`, 2);
if (flags.has("--install")) install();

const python = interpreter();
const missing = missingModules(
  python,
  light ? ["numpy", "safetensors"] : ["numpy", "safetensors", "torch", "onnx", "onnxruntime"],
);
if (missing === null) stop(`${python} is no Python that runs: set UNROLLED_PYTHON.\n${usage}`, 2);
if (missing.length > 0) {
  stop(
    `${python} lacks ${missing.join(", ")}. Set UNROLLED_PYTHON to an interpreter that has ${missing.length > 1 ? "them" : "it"}, or run\n` +
      `  npm run check:python -- --install${light ? " --light" : "   (torch: a large download; --light does without)"}`,
    2,
  );
}

await buildOrExit("@unrolled/weights...", "@unrolled/cli...", "@unrolled/onnx...", "@unrolled/docs...");
const exchange = join(folder, "exchange.mjs");
const work = mkdtempSync(join(tmpdir(), "unrolled-python-"));
const [theirs, ours, onnx] = ["from-typescript", "from-python", "onnx"].map((name) => join(work, name));
const passed =
  runs(process.execPath, [exchange, "write", theirs]) &&
  runs(python, [join(folder, light ? "exchange_light.py" : "exchange.py"), theirs, ours]) &&
  runs(process.execPath, [exchange, "read", ours]) &&
  (light ||
    (runs(process.execPath, [join(exported, "write.mjs"), onnx]) &&
      runs(python, [join(exported, "check.py"), onnx]))) &&
  (light || runs(process.execPath, [join(forecasts, "check.mjs"), python])) &&
  (light || runs(process.execPath, [join(examples, "check.mjs"), python]));
rmSync(work, { recursive: true });
process.exit(passed ? 0 : 1);
