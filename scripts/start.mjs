// npm start: builds the command line and runs `unrolled forecast` with the arguments given.
import { join } from "node:path";
import { buildOrExit, callersFolder, root, run } from "./steps.mjs";

await buildOrExit("@unrolled/cli...");
const main = join(root, "packages", "cli", "dist", "main.js");
const { code } = await run("node", [main, "forecast", ...process.argv.slice(2)], { cwd: callersFolder, show: true });
process.exit(code);
