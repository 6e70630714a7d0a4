// npm run demo: builds the packages and serves the demo while its files are edited.
// npm run demo:build: makes the static site in apps/demo/dist.
import { join } from "node:path";
import { buildOrExit, root, run } from "./steps.mjs";

await buildOrExit("@unrolled/demo...");
const cwd = join(root, "apps", "demo");
const args = process.argv.slice(2).filter((arg) => arg !== "--build");
const site = process.argv.includes("--build");
const { code } = await run("vite", [...(site ? ["build"] : []), ...args], { cwd, show: true });
process.exit(code);
