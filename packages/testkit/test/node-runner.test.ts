import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const packages = fileURLToPath(new URL("../..", import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), "unrolled-testkit-")));

// What an installation of the two packages puts there: the files that are published, and no link into this repository.
for (const name of ["backend", "testkit"]) {
  for (const part of ["package.json", "dist"])
    cpSync(join(packages, name, part), join(folder, "node_modules", "@unrolled", name, part), { recursive: true });
}
cpSync(fileURLToPath(new URL("node-runner.mjs", import.meta.url)), join(folder, "mine.test.mjs"));
afterAll(() => rmSync(folder, { recursive: true }));

function runByNode(broken: boolean): { readonly status: number | null; readonly output: string } {
  const { NODE_TEST_CONTEXT: _ours, NODE_OPTIONS: _options, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", "mine.test.mjs"], {
    encoding: "utf8",
    cwd: folder,
    env: { ...env, BROKEN: broken ? "1" : "0" },
  });
  return { status, output: stdout };
}

test("node:test runs the cases of an installed kit", () => {
  const { status, output } = runByNode(false);
  expect(output).toContain("ok 1 - flip float32 [] over []");
  expect(output).toMatch(/ok \d+ - state is carried from run to run/);
  expect(output).toContain("# fail 0");
  expect(status).toBe(0);
});

test("node:test fails where a case does", () => {
  const { status, output } = runByNode(true);
  expect(output).toMatch(/not ok \d+ - flip float32 \[7\] over \[0\]/);
  expect(output).toMatch(/not ok \d+ - sizes of inputs and attributes change from run to run/);
  expect(status).not.toBe(0);
});
