// Brings a fresh clone to the point where the other scripts can run: fetches the pinned pnpm and installs.
// Runs before anything is installed, so it uses Node's own modules only. Does nothing when nothing changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const stamp = join(modules, ".bootstrap");
const madeByNpm = join(modules, ".package-lock.json"); // there after an `npm install`
const networkTrouble =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|ERR_PNPM_META_FETCH_FAIL)\b/;

/** @param {string} file */
const json = (file) => JSON.parse(readFileSync(file, "utf8"));

/** Manifests of the workspace: the root's, and those of packages/*, apps/* and docs. */
function manifests() {
  const folders = ["packages", "apps"].flatMap((parent) => {
    const folder = join(root, parent);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  });
  return [root, ...folders, join(root, "docs")]
    .map((folder) => join(folder, "package.json"))
    .filter((file) => existsSync(file));
}

/** Changes when, and only when, an install could give something else. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(join(root, file)));
  for (const file of manifests()) {
    const { name, version, bin, dependencies, devDependencies, peerDependencies, optionalDependencies } = json(file);
    hash.update(
      JSON.stringify([name, version, bin, dependencies, devDependencies, peerDependencies, optionalDependencies]),
    );
  }
  hash.update(process.version + process.platform + process.arch);
  return hash.digest("hex");
}

function requireNode() {
  const wanted = /(\d+)\.(\d+)/.exec(json(join(root, "package.json")).engines.node);
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [wantedMajor, wantedMinor] = [Number(wanted?.[1]), Number(wanted?.[2])];
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  fail(`Node ${process.versions.node} is too old: ${wantedMajor}.${wantedMinor} or later is needed.`);
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

function install() {
  const { packageManager } = json(join(root, "package.json"));
  console.log(`Installing with ${packageManager.replace("@", " ")} (only when dependencies changed) ...`);
  if (existsSync(madeByNpm)) rmSync(modules, { recursive: true }); // pnpm cannot take over what npm made
  const started = performance.now();
  // From outside the repository, or else npx would run the copy of pnpm that is about to be replaced.
  const { status, stdout, stderr, error } = spawnSync(
    "npx",
    ["--yes", packageManager, "--dir", root, "install", "--frozen-lockfile", "--reporter=append-only"],
    { cwd: tmpdir(), stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", shell: process.platform === "win32" },
  );
  if (error) fail(`npx could not be run (${error.message}). It comes with npm: is npm installed beside Node?`);
  if (status !== 0) {
    const output = `${stdout}${stderr}`;
    process.stderr.write(output);
    if (networkTrouble.test(output)) {
      fail(
        "The packages could not be fetched. The first run needs the network: check the connection, or the proxy and\n" +
          "registry that `npm config list` shows, then run the same command again.",
      );
    }
    if (output.includes("ERR_PNPM_OUTDATED_LOCKFILE")) {
      fail(`A package.json has changed without the lockfile: npx ${packageManager} install --no-frozen-lockfile`);
    }
    fail("pnpm could not install the packages: its message stands above.");
  }
  writeFileSync(stamp, fingerprint());
  console.log(`Installed in ${((performance.now() - started) / 1000).toFixed(0)} s.`);
}

requireNode();
if (existsSync(madeByNpm) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== fingerprint()) install();
