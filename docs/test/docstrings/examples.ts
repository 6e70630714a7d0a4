// Every @example of the packages as a module of its own: exported names and the names of fixtures.ts are imported where they are used.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { entries, root } from "./public-names.js";

export interface Example {
  /** `packages/core/src/create.ts:12`. */
  readonly label: string;
  readonly code: string;
  /** The code after its imports. */
  readonly module: string;
  readonly usesFixtures: boolean;
}

const fixturesFile: string = join(root, "docs", "test", "docstrings", "fixtures.ts");

/** Where each exported name is found in the built packages; the umbrella first, as its users import. */
function builtNames(): Map<string, string> {
  const files = entries()
    .sort((a, b) => Number(b.name === "unrolled") - Number(a.name === "unrolled"))
    .flatMap(({ folder, files }) =>
      files.map((file) => file.replace(join(folder, "src"), join(folder, "dist")).replace(/\.ts$/, ".d.ts")),
    );
  const program = ts.createProgram([...files, fixturesFile], checked);
  const checker = program.getTypeChecker();
  const found = new Map<string, string>();
  for (const file of [...files, fixturesFile]) {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile);
    for (const { name } of symbol ? checker.getExportsOfModule(symbol) : [])
      if (!found.has(name)) found.set(name, file.replace(/(\.d)?\.ts$/, ".js"));
  }
  return found;
}

export const checked: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  types: ["node"],
  typeRoots: [join(root, "node_modules", "@types")],
};

const isTopLevel = (node: ts.Node): boolean => {
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent)
    if (ts.isBlock(at) || ts.isFunctionLike(at) || ts.isForOfStatement(at)) return false;
  return true;
};

/** Identifiers that may stand for a value or type from elsewhere, without those that the code declares itself. */
function freeNames(code: string): Set<string> {
  const source = ts.createSourceFile("example.ts", code, ts.ScriptTarget.ES2023, true);
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isDeclared =
        (ts.isVariableDeclaration(parent) ||
          ts.isParameter(parent) ||
          ts.isBindingElement(parent) ||
          ts.isImportSpecifier(parent) ||
          ts.isNamespaceImport(parent) ||
          ts.isClassDeclaration(parent) ||
          ts.isFunctionDeclaration(parent)) &&
        parent.name === node;
      const isKey =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        (ts.isPropertyAssignment(parent) && parent.name === node) ||
        (ts.isBindingElement(parent) && parent.propertyName === node) ||
        ts.isMethodDeclaration(parent) ||
        (ts.isPropertyDeclaration(parent) && parent.name === node);
      if (isDeclared) {
        if (isTopLevel(node)) declared.add(node.text);
      } else if (!isKey) used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return new Set([...used].filter((name) => !declared.has(name)));
}

function blocksOf(text: string): { readonly line: number; readonly code: string }[] {
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
    const lines = comment[0]
      .split("\n")
      .map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*)? ?/, "").replace(/\s*\*\/$/, ""));
    const first = text.slice(0, comment.index).split("\n").length;
    return lines.flatMap((line, i) => {
      if (!line.startsWith("@example")) return [];
      const end = lines.findIndex((other, j) => j > i && /^@\w/.test(other));
      const body = lines.slice(i + 1, end < 0 ? undefined : end).filter((each) => !each.startsWith("```"));
      return [{ line: first + i, code: body.join("\n").trim() }];
    });
  });
}

export function examples(): Example[] {
  const names = builtNames();
  return entries().flatMap(({ folder }) =>
    readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && file !== join("wasm", "binaries.ts"))
      .flatMap((file) => {
        const path = join(folder, "src", file);
        return blocksOf(readFileSync(path, "utf8")).map(({ line, code }) => {
          const byFile = new Map<string, string[]>();
          for (const name of freeNames(code)) {
            const from = names.get(name);
            if (from !== undefined) byFile.set(from, [...(byFile.get(from) ?? []), name]);
          }
          const imports = [...byFile].map(
            ([from, used]) => `import { ${used.join(", ")} } from ${JSON.stringify(from)};`,
          );
          return {
            label: `${path.slice(root.length)}:${line}`,
            code,
            module: `${imports.join(" ")} export {};\n${code}\n`,
            usesFixtures: byFile.has(fixturesFile.replace(/\.ts$/, ".js")),
          };
        });
      }),
  );
}

/** What the compiler says of each example. */
export function typeErrors(all: readonly Example[]): string[] {
  const files = new Map(
    all.map((example, i) => [join(root, "docs", "test", "docstrings", `example-${i}.ts`), example]),
  );
  const host = ts.createCompilerHost(checked);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.getSourceFile = (name, options, ...rest) => {
    const example = files.get(name);
    return example ? ts.createSourceFile(name, example.module, options, true) : getSourceFile(name, options, ...rest);
  };
  const program = ts.createProgram([...files.keys()], checked, host);
  return [...files].flatMap(([file, { label, code }]) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(
      ({ messageText }) => `${label}: ${ts.flattenDiagnosticMessageText(messageText, " ").slice(0, 200)}\n${code}`,
    );
  });
}

function isJson(text: string): boolean {
  try {
    return JSON.parse(text) !== undefined;
  } catch {
    return false; // a comment that is no value
  }
}

/** The statements of an example whose comment states a value, with code that records what they come to. */
function recording({ module }: Example, claims: string[]): string {
  return module.replace(
    /^(\S[^\n]*?); \/\/ (-?[\d.]+|true|false|"[^"]*"|\[[^a-z\n]*\])(?:[:;] .*)?$/gm,
    (line, expression: string, value: string) => {
      if (/^(const|let|import|return|await)\b/.test(expression) || !isJson(value)) return line;
      claims.push(value);
      return `record(${claims.length - 1}, ${expression});`;
    },
  );
}

/** Whether a value is what a comment says, to the digits that it gives. */
function agrees(stated: string, value: unknown): boolean {
  const digits = Math.max(0, ...[...stated.matchAll(/\.(\d+)/g)].map(([, decimals]) => decimals.length));
  const rounded = (_: string, part: unknown): unknown =>
    typeof part === "number" ? Number(part.toFixed(digits)) : part;
  return JSON.stringify(value, rounded) === JSON.stringify(JSON.parse(stated));
}

/** Runs the examples that need nothing of the reader's, in one process, and returns those that fail, and the stated values (or shapes) that are not what comes out. */
export function run(all: readonly Example[]): {
  readonly ran: number;
  readonly failures: string[];
  readonly untrue: string[];
} {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-examples-"));
  try {
    const own = all.filter(
      ({ usesFixtures, code }) => !usesFixtures && !/^import /m.test(code) && !/\bawait\b/.test(code),
    );
    const claims: string[] = [];
    const labels: string[] = [];
    const setUp = `import ${JSON.stringify(join(root, "packages", "unrolled", "dist", "index.js"))}; import { record } from "./record.mjs";`;
    writeFileSync(
      join(folder, "record.mjs"),
      "export const results = []; export const failures = []; export const record = (i, value) => { results[i] = value; };",
    );
    own.forEach((example, i) => {
      const js = ts.transpileModule(recording(example, claims), {
        compilerOptions: { ...checked, module: ts.ModuleKind.ESNext },
      }).outputText;
      while (labels.length < claims.length) labels.push(example.label);
      writeFileSync(join(folder, `${i}.mjs`), `${setUp} ${js}`);
    });
    const main = `import { results, failures } from "./record.mjs";
      for (let i = 0; i < ${own.length}; i++) await import(\`./\${i}.mjs\`).catch((error) => failures.push([i, String(error)]));
      const isTensor = (value) => typeof value === "object" && value !== null && "toArray" in value;
      const plain = (value) => (ArrayBuffer.isView(value) ? [...value] : isTensor(value) ? value.toArray() : value);
      const values = results.map((value) => ({ value: plain(value), shape: isTensor(value) ? value.shape : null }));
      process.stdout.write("\\n" + JSON.stringify({ results: values, failures }));`;
    writeFileSync(join(folder, "main.mjs"), main);
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "main.mjs")], { encoding: "utf8" });
    if (stdout === "") throw new Error(stderr);
    const { results, failures } = JSON.parse(stdout.slice(stdout.lastIndexOf("\n"))) as {
      results: { value: unknown; shape: unknown }[];
      failures: [number, string][];
    };
    return {
      ran: own.length,
      failures: failures.map(([i, message]) => `${own[i].label}: ${message}\n${own[i].code}`),
      untrue: claims.flatMap((stated, i) => {
        const { value = null, shape = null } = results[i] ?? {};
        return agrees(stated, value) || JSON.stringify(shape) === JSON.stringify(JSON.parse(stated))
          ? []
          : [`${labels[i]} states ${stated}, computes ${JSON.stringify(value)} of shape ${JSON.stringify(shape)}`];
      }),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
