// The public names of every package, as the compiler sees them in src/index.ts, with their docstrings.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

export interface PublicName {
  /** `@unrolled/core: scope`, or a member: `@unrolled/core: Tensor.sum`. */
  readonly label: string;
  readonly name: string;
  readonly package: string;
  readonly declarations: readonly ts.Declaration[];
  readonly docs: string;
  readonly checker: ts.TypeChecker;
}

function optionsOf(folder: string): ts.CompilerOptions {
  const file = join(folder, "tsconfig.json");
  const read = ts.readConfigFile(file, ts.sys.readFile);
  if (read.error) throw new Error(`${file} cannot be read`);
  return {
    ...ts.parseJsonConfigFileContent(read.config, ts.sys, folder).options,
    noEmit: true,
    composite: false,
    incremental: false,
  };
}

/** Packages with a public entry, and the modules that package.json opens. */
export function entries(): { readonly name: string; readonly folder: string; readonly files: readonly string[] }[] {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "src", "index.ts")))
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        name: string;
        exports: Record<string, string | { default?: string }>;
      };
      const files = Object.values(manifest.exports)
        .map((target) => (typeof target === "string" ? "" : (target.default ?? "")))
        .filter((target) => target.startsWith("./dist/") && target.endsWith(".js"))
        .map((target) => join(folder, target.replace("./dist/", "src/").replace(/\.js$/, ".ts")));
      return { name: manifest.name, folder, files };
    });
}

/** The text of the docstrings of a declaration, without stars. A const has its own on the statement around it. */
export function docsOf(declaration: ts.Declaration): string {
  const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const source = holder.getSourceFile().text;
  const blocks = (ts.getLeadingCommentRanges(source, holder.getFullStart()) ?? [])
    .map(({ pos, end }) => source.slice(pos, end))
    .filter((text) => text.startsWith("/**"));
  const last = blocks.at(-1) ?? "";
  return last
    .replace(/^\/\*\*\s?|\s*\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
}

const joined = (declarations: readonly ts.Declaration[]): string => declarations.map(docsOf).filter(Boolean).join("\n");

/** Every name that a package exports and declares itself: what it passes on from others is theirs to describe. */
export function publicNames(): PublicName[] {
  return entries().flatMap(({ name: owner, folder, files }) => {
    const program = ts.createProgram(files, optionsOf(folder));
    const checker = program.getTypeChecker();
    const found = new Map<string, PublicName>();
    for (const file of files) {
      const source = program.getSourceFile(file);
      const symbol = source && checker.getSymbolAtLocation(source);
      for (const exported of symbol ? checker.getExportsOfModule(symbol) : []) {
        const target = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
        const declarations = (target.declarations ?? []).filter((declaration) =>
          declaration.getSourceFile().fileName.startsWith(join(folder, "src")),
        );
        if (declarations.length === 0 || found.has(exported.name)) continue;
        const namespace = declarations.find(ts.isSourceFile);
        if (namespace === undefined) {
          found.set(exported.name, {
            label: `${owner}: ${exported.name}`,
            name: exported.name,
            package: owner,
            declarations,
            docs: joined(declarations),
            checker,
          });
          continue;
        }
        for (const member of checker.getExportsOfModule(target)) {
          const of = member.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(member) : member;
          found.set(`${exported.name}.${member.name}`, {
            label: `${owner}: ${exported.name}.${member.name}`,
            name: member.name,
            package: owner,
            declarations: of.declarations ?? [],
            docs: joined(of.declarations ?? []),
            checker,
          });
        }
      }
    }
    return [...found.values()];
  });
}
