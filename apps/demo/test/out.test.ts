import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parser as python } from "@lezer/python";
import { readSafetensors } from "@unrolled/weights";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { shortestFloat32 } from "../src/out/float32.js";
import { pytorchProgram } from "../src/out/pytorch.js";
import { typescriptProgram } from "../src/out/typescript.js";
import type { DemoState } from "../src/session/settings.js";
import { tasks } from "../src/tasks/index.js";
import { openSession, stateOf } from "./support/session.js";

// inside of node_modules, where "unrolled" is found as in a project that has installed it
const folder = fileURLToPath(new URL("../node_modules/.generated", import.meta.url));

/** Type-checks a program as strictly as this repository, runs it in Node, and returns the difference that it prints. */
function runTypescript(name: string, code: string): number {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.mts`);
  writeFileSync(file, code);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    types: [],
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.esnext.disposable.d.ts"],
    outDir: folder,
  };
  const program = ts.createProgram([file], options);
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  expect(problems, code).toEqual([]);
  program.emit();
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, `${name}.mjs`)], { encoding: "utf8" });
  const found = /largest difference to the page: (\S+)/.exec(stdout);
  expect(found, stderr || stdout).not.toBeNull();
  return Number(found?.[1]);
}

function pythonErrors(code: string): string[] {
  const errors: string[] = [];
  python.parse(code).iterate({
    enter: ({ type, from }) => {
      if (type.isError) errors.push(code.slice(from, from + 40));
    },
  });
  return errors;
}

const short = (task: string): number => (task === "char-names" ? 5 : 60);
const cases: readonly (readonly [name: string, state: DemoState])[] = [
  ...tasks.filter(({ id }) => id !== "own-series").map(({ id }) => [id, stateOf(id, {}, short(id))] as const),
  [
    "changed on the way",
    {
      ...stateOf("elman-sine", { schedule: "cosine", clipGradNorm: 0.5 }, 200),
      changes: [
        { kind: "weight", update: 50, name: "head.weight", index: 2, value: 0.75 },
        { kind: "setting", update: 90, key: "lr", value: 0.05 },
        { kind: "setting", update: 120, key: "optimizer", value: "adam" },
        { kind: "setting", update: 150, key: "clipGradNorm", value: 0 },
        { kind: "weight", update: 200, name: "head.weight", index: 0, value: -1 },
      ],
    },
  ],
];

describe.each(cases)("%s", (name, state) => {
  test("the TypeScript program is well typed and comes to the very numbers on screen", {
    timeout: 120_000,
  }, async () => {
    const session = await openSession(state);
    const code = typescriptProgram(await session.exportFacts(0));
    expect(runTypescript(name.replaceAll(" ", "-"), code)).toBe(0);
  });

  test("the PyTorch program parses", async () => {
    const session = await openSession(state);
    const code = pytorchProgram(await session.exportFacts(0)) as string;
    expect(pythonErrors(code)).toEqual([]);
    expect(pythonErrors(code.replace("super().__init__()", "super().__init__("))).not.toEqual([]);
  });
});

test("safetensors have the weights under PyTorch's names", async () => {
  const session = await openSession(stateOf("elman-sine", {}, 20));
  const { weights } = await session.look({ weights: true });
  const { tensors, metadata } = readSafetensors(await session.exportSafetensors());
  for (const { name, values, shape } of weights!) {
    expect(tensors[name].data).toEqual(values);
    expect(tensors[name].shape).toEqual(shape);
  }
  expect(JSON.parse(metadata.state).update).toBe(20);
});

test("numbers in programs are the very float32 values", () => {
  for (const value of [0, 1, -2, 0.1, 1 / 3, 1e-30, 3.4e38, 123456.7, -5.96e-8]) {
    expect(Math.fround(Number(shortestFloat32(value)))).toBe(Math.fround(value));
  }
  expect(shortestFloat32(Math.fround(0.1))).toBe("0.1");
});

test.each(tasks.map(({ id }) => id))("the program of %s says to install all that it imports", async (id) => {
  const session = await openSession(stateOf(id, {}, 1));
  const code = typescriptProgram(await session.exportFacts(0));
  const installed = /^\/\/ npm install (.*)$/m.exec(code)?.[1].split(" ");
  const imported = [...code.matchAll(/^import .* from "((?:@[^/"]+\/)?[^/"]+)/gm)].map(([, name]) => name);
  expect(imported.length).toBeGreaterThan(0);
  expect(installed).toEqual([...new Set(imported)]);
});
