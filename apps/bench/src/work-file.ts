import { writeFileSync } from "node:fs";
import type { Budget } from "./measure.js";
import type { Work } from "./works/work.js";

const typeNames = new Map<unknown, string>([
  [Float32Array, "float32"],
  [Int32Array, "int32"],
]);

/** A work as JSON for peers in other languages; arrays as their type and base64. */
export function writeWork(file: string, work: Work, budget: Budget): void {
  const json = JSON.stringify({ work, budget }, (_, value: unknown) => {
    if (!ArrayBuffer.isView(value)) return value;
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return { array: typeNames.get(value.constructor), base64: bytes.toString("base64") };
  });
  writeFileSync(file, json);
}
