const mostCharacters = 80;

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function withArticle(noun: string): string {
  return `${/^[AEIOU]/i.test(noun) ? "an" : "a"} ${noun}`;
}

function describeObject(value: object, depth: number): string {
  if ("then" in value && typeof value.then === "function") return "a promise";
  const prototype: unknown = Object.getPrototypeOf(value);
  const { name = "" } = (value as { constructor?: { name?: string } }).constructor ?? {};
  const isPlain = prototype === null || prototype === Object.prototype;
  if (!isPlain && "shape" in value && Array.isArray(value.shape)) return `a tensor [${value.shape.join(", ")}]`;
  if (ArrayBuffer.isView(value) && "length" in value) return `${withArticle(name)} of ${String(value.length)}`;
  if (!isPlain) return name === "" ? "an object" : withArticle(name);
  const entries = Object.entries(value);
  if (depth > 1) return "{ … }";
  const shown = entries.slice(0, 4).map(([key, entry]) => `${key}: ${describe(entry, depth + 1)}`);
  if (entries.length > shown.length) shown.push("…");
  return shown.length === 0 ? "{}" : `{ ${shown.join(", ")} }`;
}

function describe(value: unknown, depth: number): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (Array.isArray(value)) {
    if (depth > 1) return "[…]";
    const shown = value.slice(0, 6).map((item) => describe(item, depth + 1));
    return `[${[...shown, ...(value.length > shown.length ? ["…"] : [])].join(", ")}]`;
  }
  return typeof value === "object" && value !== null ? describeObject(value, depth) : String(value);
}

/**
 * A value in a few words, for an error message: what JavaScript itself prints as `[object Object]`, or without its quotes.
 *
 * @example
 * describeValue({ axis: 1 }); // "{ axis: 1 }"
 * describeValue("25"); // "\"25\""
 * describeValue(new Float32Array(3)); // "a Float32Array of 3"
 */
export function describeValue(value: unknown): string {
  const text = describe(value, 0);
  if (text.length <= mostCharacters) return text;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return `${text.slice(0, mostCharacters)}…`;
}
