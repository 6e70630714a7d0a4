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
const program = `import { loadOnnx, onnxRuntime } from "@unrolled/backend-onnx";

const x = { data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)), shape: [2, 2, 3], dtype: "float32" };

const threads = Number(new URLSearchParams(location.search).get("threads"));

async function inference(provider) {
  const session = await loadOnnx("lstm.onnx", { provider, threads });
  const { y } = await session.run({ x });
  await session.dispose();
  return Array.from(y.data);
}

async function graph() {
  const value = { id: 0, shape: [], dtype: "float32" };
  const sum = { id: 1, shape: [], dtype: "float32" };
  const runner = await onnxRuntime({ provider: "wasm", threads });
  const program = await runner.prepare({
    name: "double",
    inputs: [{ name: "x", value }],
    outputs: [{ name: "y", value: sum }],
    state: [],
    constants: new Map(),
    nodes: [{ kind: "op", op: "add", attrs: {}, inputs: [value, value], outputs: [sum] }],
  });
  return (await program.run({ x: { data: Float32Array.of(21), shape: [], dtype: "float32" } })).y.data[0];
}

async function main() {
  const gpu = (await navigator.gpu?.requestAdapter()) ?? null;
  return {
    wasm: await inference("wasm"),
    graph: await graph(),
    webgpu: gpu ? await inference("webgpu") : await inference("webgpu").catch((error) => error.name),
    gpu: gpu !== null,
  };
}
main().then(
  (result) => { globalThis.outcome = { result }; },
  (error) => { globalThis.outcome = { error: String(error) }; },
);
`;

/** A folder with an application and its node_modules, as an installation makes them: files, no links into this repository. */
export function makeApp(model: string): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "unrolled-vite-")));
  const put = (name: string, text: string): void => writeFileSync(join(root, name), text);
  put("package.json", JSON.stringify({ name: "app", private: true, type: "module" }));
  put("index.html", page);
  put("main.js", program);
  mkdirSync(join(root, "public"));
  cpSync(model, join(root, "public", "lstm.onnx"));
  installMember(root, "backend-onnx", new Set());
  install(root, "onnxruntime-web", folderOf(requireOf("backend-onnx"), "onnxruntime-web"));
  return root;
}

const requireOf = (member: string): NodeJS.Require => createRequire(join(packages, member, "package.json"));

/** A package of this repository, with what it depends on. */
function installMember(root: string, member: string, done: Set<string>): void {
  if (done.has(member)) return;
  done.add(member);
  for (const part of ["package.json", "dist"]) {
    cpSync(join(packages, member, part), join(root, "node_modules", "@unrolled", member, part), { recursive: true });
  }
  const manifest = JSON.parse(readFileSync(join(packages, member, "package.json"), "utf8"));
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (name.startsWith("@unrolled/")) installMember(root, name.slice("@unrolled/".length), done);
    else install(root, name, folderOf(requireOf(member), name));
  }
}

function folderOf(require: NodeJS.Require, name: string): string {
  let folder = dirname(require.resolve(name));
  while (!folder.endsWith(join("node_modules", ...name.split("/")))) folder = dirname(folder);
  return realpathSync(folder);
}

function install(root: string, name: string, from: string): void {
  const unused = /\.map$|\.(jspi|all|webgl)\./;
  cpSync(from, join(root, "node_modules", name), {
    recursive: true,
    dereference: true,
    filter: (path) => !unused.test(basename(path)),
  });
}
