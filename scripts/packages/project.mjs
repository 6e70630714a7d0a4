// A project of somebody who installs packed packages with npm, in an empty folder.
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/**
 * @param {string} command @param {readonly string[]} args @param {string} cwd
 * @returns {Promise<{ code: number, stdout: string, output: string }>}
 */
export async function tell(command, args, cwd) {
  const { npm_config_registry: registry, ...outer } = process.env;
  const own = Object.fromEntries(Object.entries(outer).filter(([name]) => !/^npm_/i.test(name)));
  const env = registry === undefined ? own : { ...own, npm_config_registry: registry };
  try {
    const { stdout, stderr } = await execute(command, args, { cwd, env, maxBuffer: 2 ** 26, timeout: 300_000 });
    return { code: 0, stdout, output: stdout + stderr };
  } catch (error) {
    const {
      code,
      stdout = "",
      stderr = "",
    } = /** @type {{ code?: number, stdout?: string, stderr?: string }} */ (error);
    return {
      code: typeof code === "number" ? code : 1,
      stdout,
      output: `${stdout}${stderr}${stdout || stderr ? "" : String(error)}`,
    };
  }
}

/** Installs scripts of packages that compile, by what they leave behind. @param {string} folder @returns {string[]} */
function nativeBuilds(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    /(^|\/)(binding\.gyp|build\/Release)$/.test(path),
  );
}

/**
 * @param {string} folder
 * @param {{ names: readonly string[], tarballs: Map<string, string>, others?: Record<string, string> }} wanted
 * @returns {Promise<string[]>} what was wrong
 */
export async function install(folder, { names, tarballs, others = {} }) {
  mkdirSync(folder, { recursive: true });
  const ours = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]));
  const dependencies = { ...others, ...Object.fromEntries(names.map((name) => [name, ours[name]])) };
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies, overrides: ours }, null, 1),
  );
  const { code, output } = await tell("npm", ["install", "--no-audit", "--no-fund"], folder);
  if (code !== 0) return [`npm install: ${output.trim().split("\n").slice(-8).join("\n")}`];
  const warnings = output.split("\n").filter((line) => /warn.*(peer|ERESOLVE|EBADENGINE|deprecated)|gyp/i.test(line));
  return [...warnings, ...nativeBuilds(join(folder, "node_modules"))];
}

/** @param {string} folder @param {string} name @returns {string[]} sources that the package's source maps name and that are not in it */
export function lostSources(folder, name) {
  const at = join(folder, "node_modules", name);
  const files = new Set(readdirSync(at, { recursive: true, encoding: "utf8" }));
  return [...files]
    .filter((file) => file.endsWith(".map"))
    .flatMap((file) => {
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(at, file), "utf8"));
      if (sourcesContent) return [];
      return sources
        .filter((/** @type {string} */ source) => !files.has(join(file, "..", source)))
        .map((/** @type {string} */ s) => `${file} names ${s}`);
    });
}
