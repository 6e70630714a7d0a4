// Packs every public package as it would be published.
import { mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { packages, run } from "../steps.mjs";

/** @param {string} destination @returns {Promise<Map<string, string>>} the tarball of each package, by its name */
export async function packAll(destination) {
  const tarballs = new Map();
  for (const { folder, manifest } of packages()) {
    if (manifest.private) continue;
    const into = join(destination, basename(folder));
    mkdirSync(into, { recursive: true });
    const { code, output } = await run("pnpm", ["pack", "--pack-destination", into], { cwd: folder });
    if (code !== 0) throw new Error(`${manifest.name} does not pack:\n${output}`);
    tarballs.set(manifest.name, join(into, readdirSync(into)[0]));
  }
  return tarballs;
}
