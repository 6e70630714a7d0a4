// npm run conformance -- [--backend B] [--json F]: runs the conformance kit on every engine that this machine has, prints a
// table, and writes conformance/matrix.json (F instead; with --backend only where F is given).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildOrExit, callersFolder, root, run } from "./steps.mjs";

process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // TensorFlow writes its advice into the table otherwise
const { values } = parseArgs({ options: { backend: { type: "string" }, json: { type: "string" } } });
await buildOrExit();
const { conformanceMatrix } = await import("../packages/testkit/dist/index.js");
const { runBackend, runCompiled, runInterpreter } = await import("./conformance/engines.js");
const { runRunnerConformance } = await import("../packages/testkit/dist/index.js");
const { inBrowser } = await import("./conformance/in-browser.mjs");

/**
 * @typedef {Pick<import("../packages/testkit/dist/index.js").ConformanceReport, "backend" | "level" | "results">} Report
 * @typedef {{ versions: Record<string, string>, reports: readonly Report[] }} Outcome
 */

/** @param {string} member @param {string} name */
function versionOf(member, name) {
  const resolvePackage = createRequire(join(root, "packages", member, "package.json")).resolve;
  let folder = dirname(resolvePackage(name));
  while (!folder.endsWith(name)) folder = dirname(folder);
  return { [name]: /** @type {string} */ (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version) };
}

const node = { node: process.versions.node.split(".")[0] };
const tensorflow = versionOf("backend-tfjs", "@tensorflow/tfjs-core");

/** @returns {Promise<readonly Report[]>} */
async function onOnnx() {
  const { onnxRuntime } = await import("../packages/backend-onnx/dist/index.js");
  const gaps = join(root, "packages", "backend-onnx", "test", "known-gaps.json");
  const skip = JSON.parse(readFileSync(gaps, "utf8"));
  return [await runRunnerConformance({ name: "onnx:cpu", runner: () => onnxRuntime({ threads: 1 }), skip })];
}

/** @type {Record<string, () => Promise<Outcome>>} */
const inNode = {
  cpu: async () => ({ versions: node, reports: await runBackend("cpu") }),
  "tfjs:cpu": async () => ({ versions: { ...node, ...tensorflow }, reports: await runBackend("tfjs:cpu") }),
  "tfjs:wasm": async () => ({ versions: { ...node, ...tensorflow }, reports: await runBackend("tfjs:wasm") }),
  "tfjs:tensorflow": async () => ({
    versions: { ...node, ...tensorflow },
    reports: await runBackend("tfjs:tensorflow"),
  }),
  "cpuRunner()": async () => ({ versions: node, reports: await runCompiled() }),
  "interpreter(cpu)": async () => ({ versions: node, reports: await runInterpreter("cpu") }),
  "interpreter(tfjs:wasm)": async () => ({
    versions: { ...node, ...tensorflow },
    reports: await runInterpreter("tfjs:wasm"),
  }),
  "onnx:cpu": async () => ({
    versions: { ...node, ...versionOf("backend-onnx", "onnxruntime-node") },
    reports: await onOnnx(),
  }),
};
const browserNames = ["cpu", "cpuRunner()", "tfjs:cpu", "tfjs:wasm", "tfjs:webgl", "tfjs:webgpu"];

const chosen = values.backend;
const known = [...Object.keys(inNode), ...browserNames.map((name) => `${name} in Chromium`)];
/** @param {string} name */
const isWanted = (name) => chosen === undefined || name === chosen || name === `${chosen} in Chromium`;
if (!known.some(isWanted)) {
  console.error(`There is no backend "${chosen}". Use one of these:`);
  for (const name of known) console.error(`  ${name}`);
  process.exit(2);
}

/** @type {Record<string, object>} */
const engines = {};
/** @type {Record<string, string>} */
const unavailable = {};
let failed = 0;

console.log("engine                      level       passed  failed  skipped  not applicable");

/** @param {string} name @param {() => Promise<Outcome>} run */
async function show(name, run) {
  try {
    const { versions, reports } = await run();
    const levels = conformanceMatrix(reports);
    engines[name] = { versions, ...levels };
    for (const [level, counts] of Object.entries(levels)) {
      const numbers = [counts.passed, counts.failed, counts.skipped, counts.notApplicable];
      const [a, b, c, d] = numbers.map(String);
      console.log(
        `${name.padEnd(27)} ${level.padEnd(10)} ${a.padStart(7)} ${b.padStart(7)} ${c.padStart(8)} ${d.padStart(15)}`,
      );
      failed += counts.failed;
    }
    const failures = reports.flatMap(({ results }) => results.filter(({ outcome }) => outcome === "failed"));
    for (const { reason } of failures.slice(0, 20)) console.log(`  ${reason}`);
    if (failures.length > 20) console.log(`  ... and ${failures.length - 20} more`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    unavailable[name] = reason.split("\n")[0].replace(/^page\.evaluate: (\w*Error: )?/, "");
    console.log(`${name.padEnd(27)} left out: ${unavailable[name]}`);
  }
}

for (const [name, run] of Object.entries(inNode)) if (isWanted(name)) await show(name, run);
const wantedInBrowser = browserNames.filter((name) => isWanted(`${name} in Chromium`));
if (wantedInBrowser.length > 0) {
  await inBrowser(async (run, version) => {
    const versions = { chromium: version.split(".")[0] };
    for (const name of wantedInBrowser) {
      const all = name.startsWith("tfjs") ? { ...versions, ...tensorflow } : versions;
      await show(`${name} in Chromium`, async () => ({
        versions: all,
        reports: /** @type {Report[]} */ (await run(name)),
      }));
    }
  }).catch((error) => {
    for (const name of wantedInBrowser) unavailable[`${name} in Chromium`] = String(error.message ?? error);
    console.log(`in Chromium                 left out: ${error.message ?? error}`);
  });
}

const file = values.json
  ? resolve(callersFolder, values.json)
  : chosen
    ? null
    : join(root, "conformance", "matrix.json");
if (file !== null) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${format({ engines, unavailable })}\n`);
  if (values.json === undefined) await run("biome", ["format", "--write", file]); // it is committed, and so checked
  console.log(`\nWritten: ${file}`);
}
process.exit(failed > 0 || Object.keys(engines).length === 0 ? 1 : 0);

/**
 * JSON with one line an op.
 * @param {unknown} value
 * @param {number} depth
 * @returns {string}
 */
function format(value, depth = 0) {
  if (typeof value !== "object" || value === null || depth === 5) return JSON.stringify(value);
  const inner = Object.entries(value).map(
    ([key, item]) => `${"  ".repeat(depth + 1)}${JSON.stringify(key)}: ${format(item, depth + 1)}`,
  );
  return inner.length === 0 ? "{}" : `{\n${inner.join(",\n")}\n${"  ".repeat(depth)}}`;
}
