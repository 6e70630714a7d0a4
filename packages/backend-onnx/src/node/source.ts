import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BackendError } from "@unrolled/backend";
import { reasonOf } from "../load-peer.js";
import { isFetched, type Opened, openUrl, tooLarge } from "../source.js";

/** A string is a path, unless it begins as an address does. */
export async function openSource(source: string | URL, maxBytes: number): Promise<Opened> {
  const address = String(source);
  if (isFetched(address)) return openUrl(source, maxBytes);
  const path = source instanceof URL || /^file:/i.test(address) ? fileURLToPath(source) : source;
  const bytes = await readWhole(path, maxBytes);
  return { bytes, sibling: (name, limit) => readWhole(join(dirname(path), name), limit) };
}

async function readWhole(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > maxBytes) throw tooLarge(path, size, maxBytes);
    return new Uint8Array(await file.readFile());
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    const problem =
      cause.code === "ENOENT" ? `there is no file ${path}` : `${path} cannot be read (${reasonOf(cause)})`;
    throw new BackendError("loadOnnx", problem, "check the path", { cause });
  }
}
