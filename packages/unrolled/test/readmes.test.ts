// Every ```ts block of every README is a program: it must type-check and run. (```ts fragment blocks are only shown.)
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const cache = join(root, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "readmes-"));
const run = promisify(execFile);

interface Program {
  readonly readme: string;
  readonly file: string;
  readonly code: string;
}

function programsOf(readme: string): Program[] {
  const text = readFileSync(join(root, readme), "utf8");
  const stem = readme.replace(/\/?README\.md$/, "").replaceAll("/", "-") || "root";
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], i) => ({
    readme,
    file: join(folder, `${stem}-${i + 1}`),
    code,
  }));
}

const packageReadmes = readdirSync(join(root, "packages")).map((name) => join("packages", name, "README.md"));
const readmes = ["README.md", ...packageReadmes].filter((readme) => existsSync(join(root, readme)));
const programs = readmes.flatMap(programsOf);

for (const { file, code } of programs) writeFileSync(`${file}.mts`, code);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
  types: ["node"],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

describe("README programs", () => {
  it("exist in every README", () => {
    expect(programs.map(({ readme }) => readme)).toEqual(expect.arrayContaining(readmes));
  });

  it("type-check", () => {
    const names = programs.map(({ file }) => `${file}.mts`);
    const found = ts.getPreEmitDiagnostics(ts.createProgram(names, options));
    const host = {
      getCanonicalFileName: (name: string) => name,
      getCurrentDirectory: () => folder,
      getNewLine: () => "\n",
    };
    expect(ts.formatDiagnostics(found, host)).toBe("");
  }, 60_000);

  it.each(programs)(
    "$readme runs",
    async ({ file, code }) => {
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: { target: options.target!, module: ts.ModuleKind.ESNext },
      });
      writeFileSync(`${file}.mjs`, outputText);
      await run(process.execPath, [`${file}.mjs`], { cwd: folder, timeout: 60_000 });
    },
    60_000,
  );
});
