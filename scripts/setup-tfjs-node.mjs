// npm run setup:tfjs-node: @tensorflow/tfjs-node without its own install script, which fetches an archive that many machines
// cannot reach. libtensorflow and its headers come out of a Python wheel, and the addon is compiled here.
// All of it goes to one folder outside the repository; a second run finds it in place. Uses Node's own modules only.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tfjsNodeFolder } from "./tfjs-node/folder.mjs";

const pinned = fileURLToPath(new URL("tfjs-node", import.meta.url));
const folder = tfjsNodeFolder();
const stamp = join(folder, "ready");
const library = join(folder, "libtensorflow");
const addon = join(folder, "node_modules", "@tensorflow", "tfjs-node");
const python = process.env.UNROLLED_PYTHON || "python3";
const compiler = process.env.CXX || "g++";
const windows = process.platform === "win32";
const usage = `Usage: npm run setup:tfjs-node [-- --remove]
  Sets @tensorflow/tfjs-node up in ${folder}
  (about 230 MB to fetch, 860 MB on disk; needs Linux x64, Node 20 or 22, npm, Python 3 with pip, a C++ compiler).
  UNROLLED_TFJS_NODE names another folder, UNROLLED_PYTHON another Python, CXX another compiler.
  --remove  deletes the folder`;
const networkTrouble =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|Failed to establish|Temporary failure in name resolution|Max retries exceeded|No matching distribution found|ProxyError|Read timed out/;

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(`\n${message}`);
  process.exit(2);
}

/**
 * Runs a command; where it fails, prints what it said and stops with what to do about it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} advice
 * @param {string} [cwd]
 */
function run(command, args, advice, cwd = folder) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", shell: windows });
  if (error) stop(`${command} could not be run (${error.message}). ${advice}`);
  if (status === 0) return stdout;
  const output = `${stdout}${stderr}`;
  process.stderr.write(output);
  if (networkTrouble.test(output)) {
    stop(
      "The packages could not be fetched. Check the connection, or the proxy and the index that npm and pip are set to.",
    );
  }
  stop(advice);
}

/** @param {string} command @param {readonly string[]} args */
function works(command, args) {
  return spawnSync(command, args, { stdio: "ignore", shell: windows }).status === 0;
}

function requireMachine() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    stop(
      `This set-up works on Linux x64 only; this is ${process.platform} ${process.arch}. Elsewhere, try npm install @tensorflow/tfjs-node.`,
    );
  }
  if (Number.parseInt(process.versions.node, 10) >= 23) {
    stop(
      `@tensorflow/tfjs-node 4.22.0 does not run on Node ${process.versions.node} (it calls util.isNullOrUndefined, which Node 23 removed): use Node 20 or 22.`,
    );
  }
  if (!works(compiler, ["--version"])) {
    stop(
      `There is no C++ compiler ${compiler}: install one (Debian, Ubuntu: apt-get install g++), or name yours in CXX.`,
    );
  }
  if (!works(python, ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"])) {
    stop(`${python} is no Python of version 3.9 or later: install one, or name yours in UNROLLED_PYTHON.`);
  }
  if (!works(python, ["-m", "pip", "--version"])) {
    stop(
      `${python} has no pip: install it (Debian, Ubuntu: apt-get install python3-pip), or name another Python in UNROLLED_PYTHON.`,
    );
  }
}

/** Nobody's own project is overwritten or removed, should UNROLLED_TFJS_NODE name one. */
function requireOwnFolder() {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  const manifest = join(folder, "package.json");
  const { name } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : { name: undefined };
  if (name === JSON.parse(readFileSync(join(pinned, "package.json"), "utf8")).name) return;
  stop(`${folder} holds something else: name a folder of its own in UNROLLED_TFJS_NODE, or unset it.`);
}

/** Changes when what is installed would. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const file of ["package.json", "package-lock.json", "requirements.txt", "unpack.py"])
    hash.update(readFileSync(join(pinned, file)));
  return hash.update(readFileSync(fileURLToPath(import.meta.url))).digest("hex");
}

/** Loads the engine in a process of its own; prints the version of libtensorflow where it multiplies rightly. */
const probe = `
const tf = require("@tensorflow/tfjs-node");
const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]])).dataSync();
if (tf.getBackend() !== "tensorflow" || String(product) !== "19,22,43,50") throw new Error(tf.getBackend() + " gives " + product);
console.log(tf.backend().binding.TF_Version);`;

/** @returns {{ version: string } | { error: string }} */
function tryEngine() {
  const file = join(folder, "probe.cjs");
  writeFileSync(file, probe);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" },
  });
  return status === 0 ? { version: stdout.trim().split("\n").at(-1) ?? "" } : { error: stderr };
}

/** @param {string} version @returns {never} */
function finish(version) {
  console.log(`@tensorflow/tfjs-node 4.22.0 on libtensorflow ${version} is set up in ${folder}`);
  process.exit(0);
}

/** @param {string} name @param {() => void} work */
function step(name, work) {
  const started = performance.now();
  work();
  console.log(`  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

function fetchLibrary() {
  const download = mkdtempSync(join(folder, "download-"));
  try {
    run(
      python,
      [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--python-version",
        "311",
        "--platform",
        "manylinux2014_x86_64",
        "--platform",
        "manylinux_2_17_x86_64",
        "--dest",
        download,
        "--requirement",
        join(pinned, "requirements.txt"),
      ],
      "pip could not fetch the wheel of requirements.txt: its message stands above.",
    );
    const wheel = readdirSync(download).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) stop(`pip left no wheel in ${download}.`);
    rmSync(library, { recursive: true, force: true });
    run(
      python,
      [join(pinned, "unpack.py"), join(download, wheel), library],
      "The wheel could not be unpacked: is the disk full?",
    );
  } finally {
    rmSync(download, { recursive: true, force: true });
  }
  // libtensorflow_cc carries the C interface, under a name of its own.
  const links = {
    "libtensorflow.so": "libtensorflow_cc.so.2",
    "libtensorflow_framework.so": "libtensorflow_framework.so.2",
  };
  for (const [link, target] of Object.entries(links)) symlinkSync(target, join(library, "lib", link));
}

function copyManifests() {
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(pinned, file), join(folder, file));
}

function installPackages() {
  run(
    "npm",
    ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    "npm could not install @tensorflow/tfjs-node: its message stands above.",
  );
}

function compileAddon() {
  const out = join(addon, "lib", "napi-v8");
  mkdirSync(out, { recursive: true });
  run(
    compiler,
    [
      "-shared",
      "-fPIC",
      "-O2",
      "-std=c++17",
      "-DNAPI_VERSION=8",
      "-DNODE_GYP_MODULE_NAME=tfjs_binding",
      "-DBUILDING_NODE_EXTENSION",
      "-I",
      join(folder, "node_modules", "node-api-headers", "include"),
      "-I",
      join(library, "include"),
      "binding/tfjs_backend.cc",
      "binding/tfjs_binding.cc",
      "-L",
      join(library, "lib"),
      "-ltensorflow",
      "-ltensorflow_framework",
      `-Wl,-rpath,${join(library, "lib")}`,
      "-o",
      join(out, "tfjs_binding.node"),
    ],
    `${compiler} could not compile the addon: its message stands above. It needs C++17.`,
    addon,
  );
}

const flags = process.argv.slice(2);
const unknown = flags.find((flag) => !["--help", "--remove"].includes(flag));
if (unknown !== undefined) stop(`Unknown option ${unknown}.\n${usage}`);
if (flags.includes("--help")) {
  console.log(usage);
  process.exit(0);
}
requireOwnFolder();
if (flags.includes("--remove")) {
  rmSync(folder, { recursive: true, force: true });
  console.log(`Removed ${folder}`);
  process.exit(0);
}

requireMachine();
if (existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint()) {
  const found = tryEngine();
  if ("version" in found) finish(found.version);
}
console.log(`Setting up @tensorflow/tfjs-node in ${folder} ...`);
mkdirSync(folder, { recursive: true });
rmSync(stamp, { force: true });
copyManifests(); // first, so that the folder is known as this script's own from here on
step("libtensorflow fetched", fetchLibrary);
step("packages installed", installPackages);
step("addon compiled", compileAddon);
const made = tryEngine();
if ("error" in made) stop(`The engine was built but does not run:\n${made.error}`);
writeFileSync(stamp, fingerprint());
finish(made.version);
