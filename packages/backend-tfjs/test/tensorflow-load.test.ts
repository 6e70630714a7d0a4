import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BackendError } from "@unrolled/backend";
import { tfjs } from "@unrolled/backend-tfjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "unrolled-tfjs-node-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function problem(): Promise<string> {
  const error: unknown = await tfjs("tensorflow").catch((raised: unknown) => raised);
  expect(error).toBeInstanceOf(BackendError);
  return (error as BackendError).message;
}

/** A package of that name whose main file does what `code` says. */
function fakePackage(code: string, where: string = folder): void {
  const at = join(where, "node_modules", "@tensorflow", "tfjs-node");
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "package.json"), JSON.stringify({ name: "@tensorflow/tfjs-node", main: "index.js" }));
  writeFileSync(join(at, "index.js"), code);
}

test("a folder without the package is named, with the variable that names it", async () => {
  vi.stubEnv("UNROLLED_TFJS_NODE", folder);
  expect(await problem()).toBe(
    `tfjs: UNROLLED_TFJS_NODE names ${folder}, where there is no @tensorflow/tfjs-node; name the folder whose node_modules holds it, or unset the variable`,
  );
});

const notFound = Object.assign(new Error("Cannot find module"), { code: "MODULE_NOT_FOUND" });
const resolvesNothing = {
  resolve: () => {
    throw notFound;
  },
};

/** Lets the package be found from files of one folder only, whatever is installed on this machine. */
function resolveOnlyBelow(root: string): void {
  const original = process.getBuiltinModule;
  const module = original("node:module");
  const createRequire = (file: string): unknown =>
    file.startsWith(root) ? module.createRequire(file) : resolvesNothing;
  vi.spyOn(process, "getBuiltinModule").mockImplementation(((name: string) =>
    name === "node:module" ? { createRequire } : original(name)) as typeof original);
}

test("an absent package is named, with the line that installs it", async () => {
  vi.stubEnv("UNROLLED_TFJS_NODE", "");
  vi.stubEnv("XDG_CACHE_HOME", folder);
  resolveOnlyBelow(folder);
  expect(await problem()).toMatch(
    /^tfjs: cannot find @tensorflow\/tfjs-node; install it: npm install @tensorflow\/tfjs-node@4\.22\.0; .*README/,
  );
});

test("the cache folder is looked into last", async () => {
  vi.stubEnv("UNROLLED_TFJS_NODE", "");
  vi.stubEnv("XDG_CACHE_HOME", folder);
  const cache = join(folder, "unrolled", "tfjs-node");
  fakePackage('throw new Error("from the cache");', cache);
  resolveOnlyBelow(folder);
  expect(await problem()).toContain("from the cache");
});

test("a package that does not load is named, with its own words", async () => {
  fakePackage('throw new Error("the addon is missing");');
  vi.stubEnv("UNROLLED_TFJS_NODE", folder);
  expect(await problem()).toMatch(/cannot load .*tfjs-node.*: the addon is missing; reinstall @tensorflow\/tfjs-node/);
});

test("Node without util.isNullOrUndefined is refused, with the versions that work", async () => {
  const original = process.getBuiltinModule;
  vi.spyOn(process, "getBuiltinModule").mockImplementation(((name: string) =>
    name === "node:util" ? {} : original(name)) as typeof original);
  expect(await problem()).toBe(
    `tfjs: @tensorflow/tfjs-node does not run on Node ${process.versions.node}: it calls util.isNullOrUndefined, which Node 23 removed; use Node 20 or 22 for "tensorflow", or another engine, such as "wasm"`,
  );
});

test("a browser is refused, with the engines that run there", async () => {
  vi.stubGlobal("process", undefined);
  const message = problem();
  await expect(message).resolves.toBe(
    'tfjs: engine "tensorflow" runs in Node only; use "webgl", "webgpu" or "wasm" here',
  );
});
