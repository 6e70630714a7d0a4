// npm run sizes: bundles what users import, as their bundler would, and holds it against scripts/sizes/entries.mjs.
// npm run sizes -- --write: puts what they weigh into the packages' READMEs.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { entries } from "./sizes/entries.mjs";
import { root } from "./steps.mjs";

const kilobytes = (/** @type {number} */ bytes) => `${Math.round(bytes / 1000)} kB`;
const inReadme = /\*\*Size:\*\* \d+ kB/;

/**
 * What a page loads at once; what is imported on demand comes later and is left out.
 * @param {string} code
 */
async function weigh(code) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: ["node:*"],
    outdir: "out",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [path.split("/").pop(), gzipSync(contents, { level: 9 }).length]),
  );
  const entry = Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint !== undefined);
  const atOnce = new Set([String(entry)]);
  for (const path of atOnce)
    for (const { path: imported, kind, external } of metafile.outputs[path].imports)
      if (kind === "import-statement" && !external) atOnce.add(imported);
  const chunks = [...atOnce].map((path) => metafile.outputs[path]);
  const modules = chunks
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const outside = chunks.flatMap(({ imports }) =>
    imports.filter(({ external, kind }) => external && kind === "import-statement"),
  );
  return {
    bytes: [...atOnce].reduce((sum, path) => sum + (sizes.get(path.split("/").pop()) ?? 0), 0),
    names: [...modules.map(([path]) => path), ...outside.map(({ path }) => path)],
  };
}

/** @param {import("./sizes/entries.mjs").Entry} entry @param {number} bytes @param {boolean} write @returns {string[]} */
function readmeProblems({ readme }, bytes, write) {
  if (readme === undefined) return [];
  const file = join(root, "packages", readme, "README.md");
  const text = readFileSync(file, "utf8");
  const said = inReadme.exec(text)?.[0];
  const measured = `**Size:** ${kilobytes(bytes)}`;
  if (said === undefined) return [`packages/${readme}/README.md says no "**Size:** n kB"`];
  if (said === measured) return [];
  if (write) writeFileSync(file, text.replace(inReadme, measured));
  return write
    ? []
    : [`packages/${readme}/README.md says "${said}", which is ${measured} now: npm run sizes -- --write`];
}

/** @param {{ write?: boolean, show?: boolean }} [options] */
export async function checkSizes({ write = false, show = false } = {}) {
  const problems = [];
  for (const entry of entries) {
    const { bytes, names } = await weigh(entry.code);
    if (show) console.log(`${kilobytes(bytes).padStart(7)}  of ${kilobytes(entry.limit).padStart(6)}  ${entry.name}`);
    if (bytes > entry.limit) problems.push(`${entry.name}: ${bytes} bytes, and ${entry.limit} are allowed`);
    for (const part of entry.without) {
      const found = names.find((name) => name.includes(part));
      if (found) problems.push(`${entry.name}: ${found} is in it`);
    }
    problems.push(...readmeProblems(entry, bytes, write));
  }
  return { code: problems.length === 0 ? 0 : 1, output: problems.join("\n") };
}

if (process.argv[1] === import.meta.filename) {
  const { code, output } = await checkSizes({ write: process.argv.includes("--write"), show: true });
  if (output !== "") console.error(output);
  process.exit(code);
}
