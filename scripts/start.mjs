// npm start: builds the command line and runs `unrolled forecast` with the arguments given.
import { join } from "node:path";
import { build, root, run } from "./steps.mjs";

const built = await build("@unrolled/cli...");
if (built.code !== 0) {
  console.error(built.output);
  process.exit(built.code);
}
const main = join(root, "packages", "cli", "dist", "main.js");
const { code } = await run("node", [main, "forecast", ...process.argv.slice(2)], { show: true });
process.exit(code);
