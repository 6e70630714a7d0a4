// The bundlers that users have, each with as little configuration as they would write.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tell } from "./project.mjs";

export const bundlersNeed = {
  "@rollup/plugin-node-resolve": "16.0.3",
  esbuild: "0.28.2",
  rollup: "4.68.7",
  vite: "8.3.8",
  webpack: "5.112.2",
  "webpack-cli": "7.3.1",
};

/**
 * @typedef {{ code: number, output: string, file: string }} Bundled
 * @param {string} tools
 * @returns {Record<string, (app: string, out: string) => Promise<Bundled>>}
 */
export function bundlers(tools) {
  const bin = (/** @type {string} */ name) => join(tools, "node_modules", ".bin", name);
  return {
    esbuild: async (app, out) => {
      const args = [
        "main.mjs",
        "--bundle",
        "--splitting",
        "--minify",
        "--format=esm",
        "--platform=neutral",
        "--external:node:*",
        `--outdir=${out}`,
        "--out-extension:.js=.mjs",
      ];
      return { ...(await tell(bin("esbuild"), args, app)), file: join(out, "main.mjs") };
    },
    rollup: async (app, out) => {
      const args = [
        "main.mjs",
        "-p",
        join(tools, "node_modules/@rollup/plugin-node-resolve/dist/es/index.js"),
        "-f",
        "es",
        "-d",
        out,
        "--entryFileNames",
        "[name].mjs",
        "--silent",
      ];
      return { ...(await tell(bin("rollup"), args, app)), file: join(out, "main.mjs") };
    },
    vite: async (app, out) => {
      const result = await tell(bin("vite"), ["build", "--outDir", out, "--logLevel", "warn"], app);
      const entry = result.code === 0 ? readdirSync(join(out, "assets")).find((name) => name.startsWith("index")) : "";
      const file = join(out, "entry.mjs");
      // The page's own script, in Node: what it imports lies beside it.
      writeFileSync(
        file,
        `globalThis.document = { querySelector: () => null, querySelectorAll: () => [], createElement: () => ({ relList: { supports: () => true } }) };\nglobalThis.MutationObserver = class { observe() {} };\nawait import("./assets/${entry}");\n`,
      );
      return { ...result, file };
    },
    webpack: async (app, out) => {
      const config = join(app, "webpack.config.mjs");
      writeFileSync(
        config,
        `export default { mode: "production", target: "es2022", entry: "./main.mjs", performance: { hints: false }, experiments: { outputModule: true }, output: { path: ${JSON.stringify(out)}, filename: "main.mjs", module: true, chunkFormat: "module", chunkLoading: "import" } };\n`,
      );
      return { ...(await tell(bin("webpack"), ["--config", config], app)), file: join(out, "main.mjs") };
    },
  };
}
