// npm run bench -- [options]: builds apps/bench and runs it, out of the way of `npm test`: the libraries that it compares
// with are installed into a folder of their own the first time.
import { join } from "node:path";
import { buildOrExit, callersFolder, root, run } from "./steps.mjs";

await buildOrExit("@unrolled/bench...");
const { code } = await run("node", [join(root, "apps", "bench", "dist", "main.js"), ...process.argv.slice(2)], {
  cwd: callersFolder,
  show: true,
});
process.exit(code);
