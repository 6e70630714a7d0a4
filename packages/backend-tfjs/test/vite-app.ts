import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../..", import.meta.url));

const page = `<!doctype html>
<html><body><script type="module" src="/main.js"></script></body></html>
`;

// What a user writes, with no line about wasm files or the bundler.
const program = `import { tfjs } from "@unrolled/backend-tfjs";

async function main() {
  const backend = await tfjs("wasm");
  const meta = { shape: [2, 2], dtype: "float32" };
  const x = backend.upload(Float32Array.of(1, 2, 3, 4), meta.shape, meta.dtype);
  const call = { attrs: { transA: false, transB: true }, in: [meta, meta], out: [meta] };
  const [y] = backend.kernels.matmul([x, x], call);
  return Array.from(await backend.read(y));
}
main().then(
  (result) => { globalThis.outcome = { result }; },
  (error) => { globalThis.outcome = { error: String(error) }; },
);
`;

/** A folder with an application and its node_modules, as an installation makes them: files, no links into this repository. */
export function makeApp(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "unrolled-vite-")));
  const put = (name: string, text: string): void => writeFileSync(join(root, name), text);
  put("package.json", JSON.stringify({ name: "app", private: true, type: "module" }));
  put("index.html", page);
  put("main.js", program);
  for (const member of ["backend", "backend-tfjs"]) installMember(root, member);
  const installed = new Set<string>();
  for (const engine of ["core", "backend-wasm"]) {
    installWithDependencies(root, `@tensorflow/tfjs-${engine}`, join(packages, "backend-tfjs"), installed);
  }
  return root;
}

function installMember(root: string, member: string): void {
  for (const part of ["package.json", "dist"]) {
    cpSync(join(packages, member, part), join(root, "node_modules", "@unrolled", member, part), { recursive: true });
  }
}

function installWithDependencies(root: string, name: string, from: string, installed: Set<string>): void {
  if (installed.has(name)) return;
  installed.add(name);
  const folder = folderOf(createRequire(join(from, "package.json")), name);
  const to = join(root, "node_modules", name);
  mkdirSync(dirname(to), { recursive: true });
  const unused = /\.map$|\.d\.ts$/;
  cpSync(folder, to, {
    recursive: true,
    dereference: true,
    filter: (path) => !unused.test(basename(path)) && basename(path) !== "node_modules",
  });
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (!/types(\/|$)/.test(dependency)) installWithDependencies(root, dependency, folder, installed);
  }
}

function folderOf(require: NodeJS.Require, name: string): string {
  let folder = dirname(require.resolve(name));
  while (!folder.endsWith(join("node_modules", ...name.split("/")))) folder = dirname(folder);
  return realpathSync(folder);
}
