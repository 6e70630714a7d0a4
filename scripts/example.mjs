// npm run example -- NAME [options]: builds docs/examples and runs one of its programs.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { buildOrExit, callersFolder, root, run } from "./steps.mjs";

const folder = join(root, "docs", "examples");
const names = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.slice(0, -".ts".length))
      .sort()
  : [];
const [name, ...options] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(name === undefined ? "Which example?" : `There is no example "${name}".`);
  console.error(`Usage: npm run example -- NAME [options], with one of these names:`);
  for (const known of names) console.error(`  ${known}`);
  process.exit(2);
}
await buildOrExit("@unrolled/docs...");
const program = join(root, "docs", "dist", "examples", `${name}.js`);
const { code } = await run("node", [program, ...options], { cwd: callersFolder, show: true });
process.exit(code);
