// npm run check:packages: every packed package is installed alone, as a user installs it, and used in every supported Node; a program
// that trains goes through the usual bundlers, and runs in Deno, Bun and workerd. Slow: several minutes, and it needs a registry.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { packages } from "../steps.mjs";
import { bundlers, bundlersNeed } from "./bundlers.mjs";
import { programs, training } from "./programs.mjs";
import { install, lostSources, tell } from "./project.mjs";
import { runtimes, runtimesNeed } from "./runtimes.mjs";
import { packAll } from "./tarballs.mjs";

const work = mkdtempSync(join(tmpdir(), "unrolled-packages-"));
/** @type {string[]} */
const failures = [];

/** @param {string} what @param {string[]} problems */
function report(what, problems) {
  console.log(`${problems.length === 0 ? "ok    " : "FAILED"}  ${what}`);
  for (const problem of problems) console.log(`        ${problem.trim().replaceAll("\n", "\n        ")}`);
  if (problems.length > 0) failures.push(what);
}

/** @param {{ code: number, stdout: string, output: string }} result @param {string} expected @returns {string[]} */
const unless = (result, expected) =>
  result.code === 0 && result.stdout.trim() === expected
    ? []
    : [result.output.slice(-1500) || `exit status ${result.code}`];

try {
  const tarballs = await packAll(join(work, "tarballs"));
  const tools = join(work, "tools");
  report(
    "tools",
    await install(tools, { names: [], tarballs: new Map(), others: { ...runtimesNeed, ...bundlersNeed } }).then((all) =>
      all.filter((line) => line.startsWith("npm install")),
    ),
  );
  const { nodes, others } = runtimes(tools);

  for (const { folder, manifest } of packages()) {
    if (manifest.private) continue;
    const short = basename(folder);
    const program = programs[short];
    if (program === undefined) {
      report(manifest.name, ["scripts/packages/programs.mjs has no program for it"]);
      continue;
    }
    const project = join(work, `alone-${short}`);
    const problems = await install(project, {
      names: [manifest.name, ...program.with.map((name) => `@unrolled/${name}`)],
      tarballs,
    });
    if (problems.length === 0) problems.push(...lostSources(project, manifest.name));
    writeFileSync(join(project, "program.mjs"), program.code);
    for (const [version, node] of nodes) {
      const said = unless(await tell(node, ["program.mjs"], project), "works");
      problems.push(...said.map((text) => `in Node ${version}: ${text}`));
    }
    report(`${manifest.name} in Node ${[...nodes.keys()].join(", ")}`, problems);
  }

  const app = join(work, "alone-unrolled");
  writeFileSync(join(app, "train.mjs"), training);
  writeFileSync(join(app, "main.mjs"), `import { train } from "./train.mjs";\nconsole.log(train().losses);\n`);
  writeFileSync(join(app, "index.html"), `<script type="module" src="./main.mjs"></script>`);
  const expected = (await tell(process.execPath, ["main.mjs"], app)).stdout.trim();
  for (const [name, bundle] of Object.entries(bundlers(tools))) {
    const out = join(app, `out-${name}`);
    mkdirSync(out);
    const { code, output, file } = await bundle(app, out);
    const problems = code === 0 ? unless(await tell(process.execPath, [file], app), expected) : [output.slice(-1500)];
    if (/\bwarn/i.test(output)) problems.push(output.slice(0, 1500));
    report(`a bundle of ${name}, which trains to the same losses`, problems);
  }
  for (const [name, { run, simd = "" }] of Object.entries(others))
    report(`${name} trains`, unless(await run(app), `${expected}${simd}`));
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(
  failures.length === 0
    ? "All packages work as they would be published."
    : `${failures.length} failed: ${failures.join("; ")}`,
);
process.exit(failures.length === 0 ? 0 : 1);
