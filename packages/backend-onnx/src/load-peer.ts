import { BackendError } from "@unrolled/backend";
import type { Ort } from "./engine.js";

/** Runs a dynamic import of an optional peer; says how to install what is not there. */
export async function loadPeer(op: string, peer: string, load: () => Promise<Ort>): Promise<Ort> {
  try {
    return await load();
  } catch (cause) {
    throw new BackendError(op, `cannot load ${peer} (${reasonOf(cause)})`, `install it: npm install ${peer}`, {
      cause,
    });
  }
}

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
