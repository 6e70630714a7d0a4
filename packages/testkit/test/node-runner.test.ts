import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("node-runner.mjs", import.meta.url));

function runByNode(broken: boolean): { readonly status: number | null; readonly output: string } {
  const { NODE_TEST_CONTEXT: _ours, NODE_OPTIONS: _options, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", program], {
    encoding: "utf8",
    env: { ...env, BROKEN: broken ? "1" : "0" },
  });
  return { status, output: stdout };
}

test("node:test runs the cases", () => {
  const { status, output } = runByNode(false);
  expect(output).toContain("ok 1 - flip float32 [] over []");
  expect(output).toContain("# fail 0");
  expect(status).toBe(0);
});

test("node:test fails where a case does", () => {
  const { status, output } = runByNode(true);
  expect(output).toMatch(/not ok \d+ - flip float32 \[7\] over \[0\]/);
  expect(status).not.toBe(0);
});
