// Every package carries its own copy of the licence, so that a packed package has it without a step at packing time.
// `node scripts/licences.mjs --write` copies the root's LICENSE to where it is missing or differs.
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packages, root } from "./steps.mjs";

const original = join(root, "LICENSE");

function wrongCopies() {
  const text = readFileSync(original, "utf8");
  return packages()
    .filter(({ manifest }) => !manifest.private)
    .map(({ folder }) => join(folder, "LICENSE"))
    .filter((copy) => !existsSync(copy) || readFileSync(copy, "utf8") !== text);
}

export async function checkLicences() {
  const wrong = wrongCopies().map((copy) => `${relative(root, copy)} is missing or differs from LICENSE\n`);
  if (wrong.length > 0) wrong.push("remedy: node scripts/licences.mjs --write\n");
  return { code: wrong.length > 0 ? 1 : 0, output: wrong.join("") };
}

if (process.argv.includes("--write")) for (const copy of wrongCopies()) copyFileSync(original, copy);
