import { BackendError } from "@unrolled/backend";

const key = Symbol.for("@unrolled/core");
const registry = globalThis as unknown as Record<symbol, string | undefined>;
/** Modules of a Cloudflare Worker know no address. */
const { url = "a bundle without an address" } = import.meta as { readonly url?: string };
const here = url.replace(/[?#].*$/, "");

/** Two copies would each have a tape, a generator and a default backend, and mix them up silently. */
export function requireSingleCopy(): void {
  const other = registry[key];
  if (other !== undefined && other !== here) {
    throw new BackendError(
      "@unrolled/core",
      `two copies are loaded, ${other} and ${here}`,
      "install one version of every @unrolled package (npm ls @unrolled/core), and let the bundler deduplicate it",
    );
  }
  registry[key] = here;
}
