// Builds the site once for all page tests, and serves it as a static server would.
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    readonly site: string;
  }
}

export default async function serveSite(project: TestProject): Promise<() => Promise<void>> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production"; // else the page would be tested with Vue's development build
  await build({ root, logLevel: "warn" });
  process.env.NODE_ENV = before;
  const server = await preview({ root, logLevel: "warn", preview: { port: 0, host: "127.0.0.1" } });
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error("the preview server has no address");
  project.provide("site", url);
  return () => server.close();
}
