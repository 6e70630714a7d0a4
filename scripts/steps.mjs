// What the other scripts share: running a tool of node_modules, and steps that print one line each.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Where the person stands who typed the npm command: file names among the arguments are meant from there. */
export const callersFolder = process.env.INIT_CWD ?? process.cwd();

const windows = process.platform === "win32";
const bin = join(root, "node_modules", ".bin");
const environment = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
};

/** @param {string} tool @param {string} cwd @returns {string} the executable of the workspace package in `cwd`, else of the root */
function executable(tool, cwd) {
  if (tool === "node") return process.execPath;
  const name = windows ? `${tool}.cmd` : tool;
  const own = join(cwd, "node_modules", ".bin", name);
  return existsSync(own) ? own : join(bin, name);
}

/**
 * Runs a tool of node_modules/.bin, or `node`.
 * @param {string} tool
 * @param {readonly string[]} args
 * @param {{ cwd?: string, show?: boolean, env?: Record<string, string> }} [options] `show` hands over the terminal; else the output is collected.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(tool, args, { cwd = root, show = false, env = {} } = {}) {
  const command = executable(tool, cwd);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...environment, ...env },
      stdio: show ? "inherit" : ["ignore", "pipe", "pipe"],
      shell: windows && tool !== "node",
    });
    // Ctrl-C reaches the child as well, which may have something to tidy up and say: it decides when to end.
    const leaveToChild = () => undefined;
    if (show) process.on("SIGINT", leaveToChild);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", leaveToChild);
      resolve({ code: code ?? 1, output });
    });
  });
}

/**
 * One named step: a line with its time when it passes, its output when it does not.
 * @param {string} name
 * @param {() => Promise<{ code: number, output: string }>} work
 * @returns {Promise<boolean>} whether it passed
 */
export async function step(name, work) {
  const started = performance.now();
  const { code, output } = await work();
  const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  if (code === 0) {
    console.log(`ok      ${name} (${seconds})`);
    return true;
  }
  console.log(`\n${output.trimEnd()}\n\nFAILED  ${name} (${seconds})`);
  return false;
}

/**
 * Builds packages and what they depend on. Silent when all is cached, one line when it takes a while.
 * @param {readonly string[]} filters turbo filters; none means everything
 */
export async function build(...filters) {
  const announcement = setTimeout(() => console.log("Building ..."), 1500);
  const scope = filters.map((filter) => `--filter=${filter}`);
  const result = await run("turbo", ["run", "build", "--output-logs=errors-only", ...scope]);
  clearTimeout(announcement);
  return result;
}

/**
 * Builds, and ends the process with the compiler's words where that fails.
 * @param {readonly string[]} filters
 */
export async function buildOrExit(...filters) {
  const { code, output } = await build(...filters);
  if (code === 0) return;
  console.error(output);
  process.exit(code);
}

/** Folders of packages/ that hold a package, with their manifests. */
export function packages() {
  return readdirSync(join(root, "packages"))
    .sort()
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }));
}
