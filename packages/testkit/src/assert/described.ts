/** A value as a message names it: `null`, `a Promise`, `an array`, `"zero"`, `an object`. */
export function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "then" in value && typeof value.then === "function" ? "a Promise" : "an object";
  return typeof value === "function" ? "a function" : JSON.stringify(value);
}
