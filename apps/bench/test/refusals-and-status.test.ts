// The bench as its user meets it: what it refuses, and the exit status by which a script learns that a run is not sound.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unrolled-bench-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function bench(args: readonly string[], python?: string): { status: number | null; stdout: string; stderr: string } {
  const { UNROLLED_PYTHON: _, ...rest } = process.env;
  const env = python === undefined ? rest : { ...rest, UNROLLED_PYTHON: python };
  return spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: "utf8", env });
}

/** An interpreter that answers every request with this program. */
function interpreter(name: string, program: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/usr/bin/env node\n${program}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe("refusals are an error in plain words and status 1", () => {
  it.each([
    [["--work", "W9"], 'no work "W9"'],
    [["--work", "toString"], 'no work "toString"'],
    [["--work", ""], 'no work ""'],
    [["--work", "LSTM-T0-B1-H1"], "whole numbers of 1 or more"],
    [["--work", "GRU-T4-B-2-H8"], "whole numbers of 1 or more"],
    [["--work", "LSTM-T999999-B999999-H1"], "too large"],
    [["--peer", "cpu,tensorflow"], 'no peer "tensorflow"'],
    [["--rounds", "0"], "whole number of 1 or more"],
    [["--rounds", "1.5"], "whole number of 1 or more"],
    [["--fast"], "unknown option"],
    [["W4"], "too many arguments"],
    [["--growth", "--memory"], "do not go together"],
    [["--memory", "--rounds", "2"], "--memory takes no --rounds"],
    [["--list", "--json", "a.json"], "--list takes no --json"],
    [["--no-install", "--json", "."], "--json names a file"],
  ])("%s", (args, message) => {
    const { status, stdout, stderr } = bench(args);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: .*\n(\(Did you mean .*\)\n)?$/);
    expect(stderr).toContain(message);
  });
});

describe("exit status", () => {
  const run = ["--no-install", "--quick", "--work", "W7-grad", "--json", "out/result.json"];

  it("is 0 for peers that agree, with the tables written beside the figures", () => {
    const { status, stdout } = bench([...run, "--peer", "cpu,plain"]);
    expect(stdout).toMatch(/\n {2}plain .*agree/);
    expect(stdout).toMatch(/\n {2}cpu .*agree/);
    expect(status).toBe(0);
    const { results } = JSON.parse(readFileSync(join(folder, "out/result.json"), "utf8"));
    expect(results[0].peers.map(({ peer }: { peer: string }) => peer).sort()).toEqual(["cpu", "plain"]);
    expect(readFileSync(join(folder, "out/result.md"), "utf8")).toContain("## W7-grad");
  });

  it("is 0 for a peer that is not available here, with the reason", () => {
    const { status, stdout } = bench([...run, "--peer", "cpu,pytorch"]);
    expect(stdout).toContain("pytorch: not available here: UNROLLED_PYTHON names no interpreter");
    expect(status).toBe(0);
    expect(bench([...run, "--peer", "cpu,pytorch"], join(folder, "nothing")).status).toBe(0);
  });

  it("is 1 for a peer that breaks, with its own words", () => {
    const python = interpreter(
      "broken",
      'console.error("Traceback\\nModuleNotFoundError: No module named torch"); process.exit(1);',
    );
    const { status, stdout, stderr } = bench([...run, "--peer", "cpu,pytorch"], python);
    expect(stdout).toContain("pytorch: FAILED: ModuleNotFoundError: No module named torch");
    expect(stderr).toContain("Not sound:\n  W7-grad pytorch: FAILED");
    expect(status).toBe(1);
  });

  it("is 1 for a peer that computes something else, and its time does not count", () => {
    const result = { samples: [1e-9], values: [123], firstCall: 1e-9, cpuPerWall: 1 };
    const python = interpreter("wrong", `console.log('RESULT ${JSON.stringify(result)}');`);
    const { status, stdout, stderr } = bench([...run, "--peer", "cpu,plain,pytorch"], python);
    expect(stdout).toContain("pytorch: values DIFFER by");
    expect(stderr).toContain("W7-grad pytorch: values DIFFER by");
    expect(status).toBe(1);
    const { results } = JSON.parse(readFileSync(join(folder, "out/result.json"), "utf8"));
    expect(results[0].peers.map(({ peer }: { peer: string }) => peer)).not.toContain("pytorch");
    expect(existsSync(join(folder, "out/result.md"))).toBe(true);
  });
});
