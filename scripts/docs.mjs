// npm run docs: writes the reference from the docstrings and serves the docs site while its pages are edited.
// npm run docs:build: makes the static site in docs/.vitepress/dist, follows its links, and tries its live panels in a browser.
import { join } from "node:path";
import { checkLinks } from "./site-links.mjs";
import { tryLivePanels } from "./site-panels.mjs";
import { buildOrExit, root, run } from "./steps.mjs";

const cwd = join(root, "docs");
const site = process.argv.includes("--build");
await buildOrExit();
const reference = await run("typedoc", ["--logLevel", "Warn"], { cwd });
if (reference.code !== 0) {
  console.error(reference.output);
  process.exit(reference.code);
}
// Live panels are frames of the demo, which the site serves as it is.
const demo = await run(
  "vite",
  ["build", "--logLevel", "warn", "--emptyOutDir", "--outDir", join(cwd, "public", "demo")],
  {
    cwd: join(root, "apps", "demo"),
  },
);
if (demo.code !== 0) {
  console.error(demo.output);
  process.exit(demo.code);
}
const { code } = await run("vitepress", [site ? "build" : "dev"], { cwd, show: true });
if (code !== 0 || !site) process.exit(code);
const { pages, links, broken } = checkLinks(join(cwd, ".vitepress", "dist"));
console.log([...broken, `${links} links on ${pages} pages, ${broken.length} broken`].join("\n"));
const tried = await tryLivePanels();
if (tried === null) console.log("live panels not tried, as there is no browser");
else console.log([...tried.problems, `${tried.panels} live panels, ${tried.problems.length} problems`].join("\n"));
process.exit(broken.length === 0 && (tried === null || tried.problems.length === 0) ? 0 : 1);
