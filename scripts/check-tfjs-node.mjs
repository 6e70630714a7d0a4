// npm run check:tfjs-node: sets the TensorFlow engine up (npm run setup:tfjs-node) and holds @unrolled/backend-tfjs to its
// promises on it: the conformance kit, PyTorch's numbers, the example programs' losses, memory that does not grow, step times.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildOrExit, root } from "./steps.mjs";
import { tfjsNodeFolder } from "./tfjs-node/folder.mjs";

const parts = ["conformance", "goldens", "programs", "leaks", "times"];
const usage = `Usage: npm run check:tfjs-node [-- PART ...]
  Parts: ${parts.join(", ")}. Default: all. Exit code 1 where one fails, 2 where the engine cannot be set up.`;

const wanted = process.argv.slice(2);
if (wanted.includes("--help")) {
  console.log(usage);
  process.exit(0);
}
const unknown = wanted.find((part) => !parts.includes(part));
if (unknown !== undefined) {
  console.error(`There is no part ${unknown}.\n${usage}`);
  process.exit(2);
}

/** @param {readonly string[]} args @param {Record<string, string>} [env] */
function node(args, env = {}) {
  return (
    spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } }).status ?? 1
  );
}

const setUp = node([join(root, "scripts", "setup-tfjs-node.mjs")]);
if (setUp !== 0) process.exit(setUp);
await buildOrExit("@unrolled/docs...", "@unrolled/testkit");

const environment = { UNROLLED_TFJS_NODE: tfjsNodeFolder(), TF_CPP_MIN_LOG_LEVEL: "2" };
/** @type {string[]} */
const failed = [];
for (const part of parts) {
  if (wanted.length > 0 && !wanted.includes(part)) continue;
  console.log(`\n${part}`);
  const status = node(["--expose-gc", join(root, "scripts", "tfjs-node", `${part}.mjs`)], environment);
  if (status !== 0) failed.push(part);
}
console.log(failed.length === 0 ? "\nok" : `\nFAILED: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);
