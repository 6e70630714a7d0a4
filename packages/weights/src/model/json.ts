import { FormatError } from "@unrolled/backend";
import { findDuplicateKey } from "../duplicate-keys.js";

/** Any value of JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** An object of JSON. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

const largestText = 2 ** 24;
const deepest = 100;
/** Keys with which an object's prototype could be reached. */
const forbidden: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function depthOf(text: string): number {
  let [depth, most, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") most = Math.max(most, ++depth);
    else if (character === "}" || character === "]") depth--;
  }
  return most;
}

/** An object from JSON that is not trusted: of bounded length and depth, no key twice, none that names a prototype. */
export function parseJsonObject(op: string, bytes: Uint8Array | string): JsonObject {
  if (bytes.length > largestText)
    throw new FormatError(op, `${bytes.length} bytes of JSON`, `at most ${largestText} are allowed`);
  let value: unknown;
  let text: string;
  try {
    text = typeof bytes === "string" ? bytes : new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const depth = depthOf(text);
    if (depth > deepest) throw new SyntaxError(`it is ${depth} levels deep, and ${deepest} are allowed`);
    value = JSON.parse(text, (key, item: unknown) => {
      if (forbidden.has(key)) throw new SyntaxError(`the key "${key}" is not allowed`);
      return item;
    });
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    throw new FormatError(
      op,
      `not JSON that can be read: ${cause.message}`,
      "the file is damaged, or of another kind",
      {
        cause,
      },
    );
  }
  if (!isJsonObject(value)) throw new FormatError(op, "the JSON is not an object", "is this the right file?");
  const twice = findDuplicateKey(text);
  if (twice !== null) throw new FormatError(op, `the key "${twice}" comes twice`, "each must come once");
  return value;
}
