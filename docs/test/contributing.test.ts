// CONTRIBUTING.md names commands, files and folders: each is there, and no command is left out.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const guide = read("CONTRIBUTING.md");
const commands = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;
const scripts = Object.keys(commands);

it("lists every npm script, and none that is not there", () => {
  const named = [...guide.matchAll(/`npm (?:run )?([a-z:-]+)[^`]*`/g)]
    .map(([, name]) => name)
    .filter((name) => name !== "install");
  expect([...new Set(named)].sort()).toEqual([...scripts].sort());
});

it("every npm script runs in a fresh clone: it installs first", () => {
  const bare = scripts.filter((name) => !commands[name].startsWith("node scripts/bootstrap.mjs && "));
  expect(bare).toEqual([]);
});

it("names files and folders that are there", () => {
  const paths = [
    ...guide.matchAll(/`((?:packages|apps|docs|api|conformance|scripts|\.changeset|\.github)\/[\w./-]*)`/g),
  ];
  const named = paths.map(([, path]) => path);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
