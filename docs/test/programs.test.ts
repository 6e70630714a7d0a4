// The built example programs as a person runs them, with few steps.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 }); // a machine that does other work besides

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unrolled-examples-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function runExample(name: string, ...args: readonly string[]): Promise<Result> {
  const program = fileURLToPath(new URL(`../dist/examples/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (part) => {
    text.out += part;
  });
  child.stderr.setEncoding("utf8").on("data", (part) => {
    text.err += part;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
  });
}

function expectChart(result: Result, file: string, names: readonly string[]): void {
  expect(result.out).toContain(`Wrote ${file}`);
  const path = join(folder, file);
  expect(existsSync(path)).toBe(true);
  const svg = readFileSync(path, "utf8");
  expect(svg).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
  for (const name of names) {
    expect(svg).toContain(name);
    expect(result.out).toContain(name);
  }
}

const programs = [
  {
    name: "elman-sine",
    few: ["--epochs", "11"],
    lines: [/^Epoch: 0 loss \d/m, /^Epoch: 10 loss \d/m, /^Target -0\.5440 predicted +-?\d\.\d{4}$/m],
    charts: { "elman-sine": ["Actual", "Predicted"] },
  },
  {
    name: "rnn-subsequences",
    few: ["--steps", "30"],
    lines: [
      /^Epoch: 30\/30, Loss: 0\.\d{4} \(mean of 30\)$/m,
      /^weight_ih_l0: Tensor\(\[4, 1\], float32/m,
      /^bias_hh_l0: /m,
      /^ {2}-0\.66315\d+$/m,
      /\+ -0\.3979\) = -0\.663159$/m,
    ],
    charts: {
      "rnn-subsequences": ["Baseline", "Input", "Prediction"],
      "rnn-published-weights": ["Baseline", "Input", "Prediction"],
    },
  },
  {
    name: "lstm-windows",
    few: ["--epochs", "1"],
    lines: [/^Epoch: 0\n----Loss: \d+\.\d\d \(\d+\.\d{4,}\)$/m, /^Test Loss: \d\.\d\d \(0\.\d+\)$/m],
    charts: { "lstm-windows": ["Actual", "Predicted"] },
  },
  {
    name: "adding-problem",
    few: ["--steps", "3", "--length", "8"],
    lines: [
      /sequences of 8\. An answer that is always 1 has 0\.1667\.$/m,
      /^Step {5}3 {3}LSTM \d\.\d{4} {3}RNN \d\.\d{4}$/m,
      /^New sequences LSTM \d\.\d{4} {3}RNN \d\.\d{4}$/m,
    ],
    charts: { "adding-problem": ["Always 1", "RNN", "LSTM"] },
  },
  {
    name: "char-names",
    few: ["--steps", "1"],
    lines: [
      /^7922 names to learn from, 500 held back; 55 characters\.$/m,
      /^Step {5}1 {3}loss \d\.\d{3} {3}held back \d\.\d{3} {3}\S+, /m,
      /^Made up at temperature 0\.7/m,
    ],
    charts: { "char-names": ["Names it learns from", "Names held back"] },
  },
] as const;

describe.each(programs)("$name", ({ name, few, lines, charts }) => {
  it.each(["cpu", "tfjs:cpu", "tfjs:wasm"])("runs on %s and writes its charts", async (backend) => {
    const charted = join("charts", backend.replace(":", "-"));
    const result = await runExample(name, ...few, "--backend", backend, "--out", charted);
    expect(result).toMatchObject({ code: 0, err: "" });
    for (const line of lines) expect(result.out).toMatch(line);
    for (const [chart, names] of Object.entries(charts)) expectChart(result, join(charted, `${chart}.svg`), names);
  });

  it("writes to out/examples of the current folder by default; a seed fixes the run", async () => {
    const [first, again, other] = await Promise.all(
      ["5", "5", "6"].map((seed) => runExample(name, ...few, "--seed", seed)),
    );
    expect(again).toEqual(first);
    expect(other.out).not.toBe(first.out);
    for (const [chart, names] of Object.entries(charts))
      expectChart(first, join("out", "examples", `${chart}.svg`), names);
  });

  it("refuses an unknown backend", async () => {
    const result = await runExample(name, "--backend", "gpu");
    expect(result).toEqual({
      code: 2,
      out: "",
      err: 'There is no backend "gpu". Use one of: cpu, tfjs:cpu, tfjs:wasm, tfjs:webgl, tfjs:webgpu, tfjs:tensorflow.\n',
    });
  });
});

it("says where a backend runs that Node has not", async () => {
  const result = await runExample("elman-sine", "--backend", "tfjs:webgl");
  expect(result).toEqual({ code: 2, out: "", err: 'tfjs: engine "webgl" needs a browser; use "wasm" or "cpu" here\n' });
});

describe("options that cannot be", () => {
  it.each([
    [["--epochs", "0"], "--epochs 0 is not a whole number of 1 or more."],
    [["--epochs", "many"], "--epochs many is not a whole number of 1 or more."],
    [["--seed", "1.5"], "--seed 1.5 is not a whole number of 0 or more."],
    [["--steps", "3"], "Unknown option '--steps'"],
    [["3"], "Unexpected argument '3'"],
  ])("%j", async (args, message) => {
    const { code, out, err } = await runExample("elman-sine", ...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).not.toContain("    at ");
  });

  it.each([
    [["--temperature", "0"], "--temperature 0 is not a number above 0.\n"],
    [["--temperature", "warm"], "--temperature warm is not a number above 0.\n"],
    [["--prefix", "Zo\u00eb"], '--prefix Zo\u00eb: no name has "\u00eb". Use -ABC'],
  ])("%j", async (args, message) => {
    const { code, out, err } = await runExample("char-names", ...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  });

  it("a folder that is a file", async () => {
    writeFileSync(join(folder, "taken"), "");
    const { code, err } = await runExample("elman-sine", "--epochs", "1", "--out", "taken");
    expect(code).toBe(2);
    expect(err).toMatch(/^The chart cannot be written: .*taken.* Choose another folder with --out\.\n$/);
  });
});

it("rnn-subsequences --verbose prints every tenth loss", async () => {
  const { out } = await runExample("rnn-subsequences", "--steps", "30", "--verbose");
  expect(out.match(/^Epoch: \d+\/30, Loss: 0\.\d{4}$/gm)).toHaveLength(3);
});

it("char-names --prefix --temperature: names begin so, and with hardly any chance are all the same", async () => {
  const { out } = await runExample("char-names", "--steps", "1", "--prefix", "Mar", "--temperature", "0.000001");
  const made = out.split("the list:\n")[1].split("\n\n")[0].split(/\s+/);
  expect(made).toHaveLength(20);
  expect(made[0]).toMatch(/^Mar/);
  expect(new Set(made).size).toBe(1);
});
