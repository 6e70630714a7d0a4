import { ArgumentError } from "./errors.js";

const camelCase = (name: string): string => name.replace(/_+([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Refuses options that nobody reads: a misspelt or foreign name would otherwise be ignored without a word.
 *
 * @throws ArgumentError that names the unknown options, and the known ones
 * @example
 * requireKnownOptions("fit", { epochs: 3 }, ["epochs", "verbose"]); // passes; { epoch: 3 } throws
 */
export function requireKnownOptions(op: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const isNothing = options === undefined || options === null;
    const got = Array.isArray(options) ? "an array" : `${isNothing ? "" : `${typeof options} `}${String(options)}`;
    throw new ArgumentError(op, `got ${got} where options go`, `give an object with any of: ${known.join(", ")}`);
  }
  if ("dtype" in options && "isDisposed" in options)
    throw new ArgumentError(op, "got a tensor where options go", `give an object with any of: ${known.join(", ")}`);
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const meant = unknown.map(camelCase).find((name) => known.includes(name));
  throw new ArgumentError(
    op,
    `unknown option${unknown.length > 1 ? "s" : ""} ${unknown.join(", ")}`,
    meant ? `did you mean ${meant}?` : `the options are ${known.join(", ")}`,
  );
}
