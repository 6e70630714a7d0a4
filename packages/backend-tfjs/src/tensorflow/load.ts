import { BackendError } from "@unrolled/backend";

type Core = typeof import("@tensorflow/tfjs-core");

/** The parts of Node that this file uses, without an import that a bundler for browsers would follow. */
interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly argv: readonly string[];
  cwd(): string;
  getBuiltinModule?(name: string): unknown;
}
interface NodeRequire {
  (name: string): unknown;
  resolve(name: string): string;
}
interface NodeModule {
  createRequire(file: string): NodeRequire;
}
interface NodePath {
  join(...parts: string[]): string;
  resolve(...parts: string[]): string;
  dirname(file: string): string;
}
interface NodeOs {
  homedir(): string;
}

/** The engine state that all copies of TensorFlow.js in a process share. */
interface SharedState {
  readonly backendName: string | undefined;
  readonly ENV: { getBool(flag: string): boolean; set(flag: string, value: boolean): void };
}

export const tfjsNode = "@tensorflow/tfjs-node";
const folderVariable = "UNROLLED_TFJS_NODE";

/**
 * The user's @tensorflow/tfjs-node: the one in the folder that UNROLLED_TFJS_NODE names; else the one that the program, the
 * working directory or this package resolves; else the one in `~/.cache/unrolled/tfjs-node` (or under XDG_CACHE_HOME).
 * Loading it makes "tensorflow" active in TensorFlow.js; an engine that was active before is so again afterwards.
 *
 * @throws BackendError outside of Node, on Node 23 or later, or where the package is absent or does not load
 */
export async function loadTensorFlow(): Promise<Core> {
  const process = requireNode();
  const file = find(process);
  const shared = (globalThis as { readonly _tfengine?: SharedState })._tfengine;
  const before = shared?.backendName;
  const core = quietly(shared, () => load(process, file));
  if (before !== undefined && before !== "tensorflow") await core.setBackend(before);
  return core;
}

/** Node, of a version on which the package works. */
function requireNode(): NodeProcess {
  const { process } = globalThis as { readonly process?: NodeProcess };
  if (typeof process?.getBuiltinModule !== "function") {
    throw new BackendError("tfjs", 'engine "tensorflow" runs in Node only', 'use "webgl", "webgpu" or "wasm" here');
  }
  const util = builtin<{ readonly isNullOrUndefined?: unknown }>(process, "util");
  if (typeof util.isNullOrUndefined !== "function") {
    throw new BackendError(
      "tfjs",
      `${tfjsNode} does not run on Node ${process.versions?.node}: it calls util.isNullOrUndefined, which Node 23 removed`,
      'use Node 20 or 22 for "tensorflow", or another engine, such as "wasm"',
    );
  }
  return process;
}

function builtin<M>(process: NodeProcess, name: string): M {
  return process.getBuiltinModule?.(`node:${name}`) as M;
}

function find(process: NodeProcess): string {
  const path = builtin<NodePath>(process, "path");
  const { createRequire } = builtin<NodeModule>(process, "module");
  const resolveFrom = (file: string): string | undefined => {
    try {
      return createRequire(file).resolve(tfjsNode);
    } catch (error) {
      if ((error as { readonly code?: string }).code === "MODULE_NOT_FOUND") return undefined;
      throw error;
    }
  };
  const inFolder = (folder: string): string | undefined => resolveFrom(path.join(path.resolve(folder), "package.json"));

  const named = process.env[folderVariable];
  if (named) {
    const file = inFolder(named);
    if (file !== undefined) return file;
    throw new BackendError(
      "tfjs",
      `${folderVariable} names ${named}, where there is no ${tfjsNode}`,
      "name the folder whose node_modules holds it, or unset the variable",
    );
  }
  const program = process.argv[1];
  const cache = process.env.XDG_CACHE_HOME || path.join(builtin<NodeOs>(process, "os").homedir(), ".cache");
  const file =
    (program === undefined ? undefined : inFolder(path.dirname(program))) ??
    inFolder(process.cwd()) ??
    resolveFrom(import.meta.url) ??
    inFolder(path.join(cache, "unrolled", "tfjs-node"));
  if (file !== undefined) return file;
  throw new BackendError(
    "tfjs",
    `cannot find ${tfjsNode}`,
    `install it: npm install ${tfjsNode}@4.22.0; where its install script fails, see "TensorFlow in Node" in the README of @unrolled/backend-tfjs`,
  );
}

function load(process: NodeProcess, file: string): Core {
  const require = builtin<NodeModule>(process, "module").createRequire(file);
  try {
    return require(file) as Core;
  } catch (cause) {
    throw new BackendError(
      "tfjs",
      `cannot load ${file}: ${cause instanceof Error ? cause.message.trim() : String(cause)}`,
      `reinstall ${tfjsNode}@4.22.0, or see "TensorFlow in Node" in the README of @unrolled/backend-tfjs`,
      { cause },
    );
  }
}

/** The package may bring a copy of TensorFlow.js of its own, which would warn of each kernel that is registered already. */
function quietly<R>(shared: SharedState | undefined, body: () => R): R {
  if (!shared) return body();
  const before = shared.ENV.getBool("PROD");
  shared.ENV.set("PROD", true);
  try {
    return body();
  } finally {
    shared.ENV.set("PROD", before);
  }
}
