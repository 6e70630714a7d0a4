import { ArgumentError, BackendError, FormatError } from "@unrolled/backend";
import { reasonOf } from "./load-peer.js";

const caller = "loadOnnx";

/** Where a file's bytes come from, and where the files beside it are. */
export interface Opened {
  readonly bytes: Uint8Array;
  /** Reads a file beside this one, named by a relative path. Null for bytes given as such, which have no neighbours. */
  readonly sibling: ((path: string, maxBytes: number) => Promise<Uint8Array>) | null;
}

export function tooLarge(where: string, bytes: number | string, maxBytes: number): FormatError {
  return new FormatError(
    caller,
    `${where} has ${bytes} bytes, more than ${maxBytes}`,
    "raise maxBytes if you trust it",
  );
}

/** Whether a string is an address that `fetch` takes, and no path. */
export function isFetched(source: string): boolean {
  return /^(https?|data|blob):/i.test(source);
}

export async function openUrl(url: URL | string, maxBytes: number): Promise<Opened> {
  const bytes = await fetchBytes(url, maxBytes);
  return { bytes, sibling: (path, limit) => fetchBytes(new URL(path, absolute(url)), limit) };
}

function absolute(url: URL | string): URL {
  return new URL(url, globalThis.location?.href);
}

async function fetchBytes(url: URL | string, maxBytes: number): Promise<Uint8Array> {
  const where = shortened(String(url));
  const response = await answer(url, where);
  if (!response.ok) {
    throw new BackendError(
      caller,
      `${where} answers ${response.status} ${response.statusText}`.trimEnd(),
      "check the address",
    );
  }
  const claimed = Number(response.headers.get("content-length") ?? 0);
  if (claimed > maxBytes) throw tooLarge(where, claimed, maxBytes);
  return response.body ? await drain(response.body, where, maxBytes) : new Uint8Array(0);
}

async function answer(url: URL | string, where: string): Promise<Response> {
  try {
    return await fetch(url);
  } catch (cause) {
    throw new BackendError(
      caller,
      `${where} cannot be fetched (${reasonOf(cause)})`,
      "check the address, the network, and CORS",
      {
        cause,
      },
    );
  }
}

/** Reads to the end, or until more than `maxBytes` have come, whatever was claimed. */
async function drain(body: ReadableStream<Uint8Array>, where: string, maxBytes: number): Promise<Uint8Array> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge(where, `${size} or more`, maxBytes);
    }
    chunks.push(part.value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function shortened(address: string): string {
  return address.length > 200 ? `${address.slice(0, 200)}…` : address;
}

export function wrongSource(source: unknown): ArgumentError {
  return new ArgumentError(
    caller,
    `source is ${source === null ? "null" : typeof source}`,
    "give bytes (Uint8Array or ArrayBuffer), a path, or a URL",
  );
}
