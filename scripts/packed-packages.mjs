// Packs every public package as it would be published, and looks at the tarball: what a user gets, not what lies here.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { packages, run } from "./steps.mjs";

/** @param {string} tarball @returns {string[]} what is wrong with its manifest and its list of files */
function inspect(tarball) {
  const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).split("\n");
  const manifest = execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" });
  const problems = [];
  if (manifest.includes("workspace:")) problems.push("its manifest still says workspace:");
  for (const name of ["LICENSE", "README.md"]) {
    if (!files.includes(`package/${name}`)) problems.push(`${name} is not in it`);
  }
  const stray = files.filter((file) => /\.tsbuildinfo$|\/node_modules\/|\/test\//.test(file));
  if (stray.length > 0) problems.push(`it holds ${stray.join(", ")}`);
  return problems;
}

/** @param {{ folder: string, manifest: { name: string } }} member @returns {Promise<string>} the complaints, empty when there are none */
async function check({ folder, manifest }) {
  const destination = mkdtempSync(join(tmpdir(), "unrolled-pack-"));
  try {
    const packed = await run("pnpm", ["pack", "--pack-destination", destination], { cwd: folder });
    if (packed.code !== 0) return `${manifest.name}: pnpm pack failed\n${packed.output}\n`;
    const tarball = join(destination, readdirSync(destination)[0]);
    let complaints = inspect(tarball)
      .map((problem) => `${manifest.name}: ${problem}\n`)
      .join("");
    const publint = await run("publint", ["--strict", tarball]);
    if (publint.code !== 0) complaints += `${manifest.name}: publint\n${publint.output}\n`;
    const attw = await run("attw", ["--profile", "esm-only", "--no-emoji", tarball]);
    if (attw.code !== 0) complaints += `${manifest.name}: are the types wrong?\n${attw.output}\n`;
    return complaints;
  } finally {
    rmSync(destination, { recursive: true });
  }
}

export async function checkPackedPackages() {
  const queue = packages().filter(({ manifest }) => !manifest.private);
  /** @type {string[]} */
  const complaints = [];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) complaints.push(await check(next));
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
  const output = complaints.join("");
  return { code: output === "" ? 0 : 1, output };
}
