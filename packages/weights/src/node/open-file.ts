import { open } from "node:fs/promises";
import type { ByteReader } from "../source.js";

/** Reads parts of a file on disk; the file stays open until `close`. */
export interface FileReader extends ByteReader, AsyncDisposable {
  close(): Promise<void>;
}

/**
 * Opens a file for `openSafetensors`, so that of a large file only the tensors that are asked for are read.
 *
 * @example
 * const reader = await openFile("model.safetensors");
 * const file = await openSafetensors(reader);
 * const weight = await file.read("embedding.weight");
 * await reader.close();
 */
export async function openFile(path: string): Promise<FileReader> {
  const handle = await open(path);
  const { size } = await handle.stat();
  const close = (): Promise<void> => handle.close();
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
