import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../peers", import.meta.url));

/**
 * Installs the libraries of `peers/package.json` as its lock file has them, once. Their install scripts are not run: they
 * fetch archives that nothing here uses.
 *
 * @returns why they are missing, or null
 */
export function installPeers(): string | null {
  const lock = readFileSync(join(folder, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex");
  const stamp = join(folder, "node_modules", ".installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return null;
  console.error("Installing the libraries to compare with ...");
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, stderr, error } = spawnSync("npm", args, {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) return `npm could not install it: ${error?.message ?? stderr.trim().split("\n")[0]}`;
  writeFileSync(stamp, hash);
  return null;
}
