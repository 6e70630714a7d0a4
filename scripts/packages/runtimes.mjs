// Where programs run besides the Node at hand.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tell } from "./project.mjs";

const ending = process.platform === "win32" ? ".exe" : "";
const nodePackage = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const versions = { 20: "20.19.0", 22: "22.23.3", 24: "24.9.0" };

export const runtimesNeed = {
  ...Object.fromEntries(
    Object.entries(versions).map(([major, version]) => [`node-${major}`, `npm:${nodePackage}@${version}`]),
  ),
  bun: "1.4.5",
  deno: "2.9.6",
  miniflare: "4.20260730.0",
  esbuild: "0.28.2",
};

const modules = (/** @type {string} */ tools) => join(tools, "node_modules");

/** A worker may not compile WebAssembly, so it has to train on plain kernels. */
const worker = `import { train } from "./train.mjs";
export default { fetch: () => { const { losses, simd } = train(); return new Response(losses + " " + simd); } };
`;

const inWorkerd = (/** @type {string} */ tools, /** @type {string} */ script) => `
import { Miniflare } from ${JSON.stringify(join(modules(tools), "miniflare/dist/src/index.js"))};
const server = new Miniflare({ modules: true, scriptPath: ${JSON.stringify(script)}, compatibilityDate: "2026-07-01" });
console.log(await (await server.dispatchFetch("http://localhost/")).text());
await server.dispose();
`;

/**
 * @param {string} tools
 * @returns {{ nodes: Map<string, string>, others: Record<string, { simd?: string, run: (app: string) => ReturnType<typeof tell> }> }}
 */
export function runtimes(tools) {
  const bin = (/** @type {string} */ name) => join(modules(tools), ".bin", name);
  const nodes = new Map(
    Object.entries(versions).map(([major, version]) => [
      version,
      join(modules(tools), `node-${major}`, "bin", `node${ending}`),
    ]),
  );
  return {
    nodes,
    others: {
      Deno: { run: (app) => tell(bin("deno"), ["run", "--no-remote", "main.mjs"], app) },
      Bun: { run: (app) => tell(bin("bun"), ["run", "main.mjs"], app) },
      workerd: {
        simd: " off",
        run: async (app) => {
          writeFileSync(join(app, "worker.mjs"), worker);
          const script = join(app, "out-worker.mjs");
          const bundled = await tell(
            bin("esbuild"),
            ["worker.mjs", "--bundle", "--format=esm", "--external:node:*", `--outfile=${script}`],
            app,
          );
          if (bundled.code !== 0) return bundled;
          const file = join(app, "workerd.mjs");
          writeFileSync(file, inWorkerd(tools, script));
          return tell(process.execPath, [file], app);
        },
      },
    },
  };
}
