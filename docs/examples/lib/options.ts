import { join } from "node:path";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { type BackendName, backendNames, isBackendName } from "./backends.js";

/** What a person typed cannot be done; the message says why and what can. */
export class UsageError extends Error {}

/** A person asked for help; the message is it. */
export class HelpRequest extends Error {}

export interface CommonOptions {
  readonly seed: number;
  readonly backend: BackendName;
  /** The folder for charts. */
  readonly out: string;
}

type Values<D> = {
  readonly [K in keyof D]: D[K] extends number ? number : D[K] extends string ? string : boolean;
};

/**
 * Reads --seed, --backend, --out and an example's own options: counts of 1 or more, texts and switches. --help throws a
 * HelpRequest.
 *
 * @param own the names with their defaults
 * @example
 * const { seed, epochs } = readOptions(["--epochs", "20"], { epochs: 300, prefix: "", verbose: false });
 */
export function readOptions<const D extends Readonly<Record<string, number | string | boolean>>>(
  args: readonly string[],
  own: D,
): CommonOptions & Values<D> {
  const typed = parse(args, own);
  const counts = Object.entries({ seed: 0, ...own }).map(([name, standard]) => [
    name,
    typeof standard === "number" && name in typed
      ? wholeNumber(name, String(typed[name]), name === "seed" ? 0 : 1)
      : (typed[name] ?? standard),
  ]);
  const { backend = "cpu", out = join("out", "examples") } = typed;
  if (typeof backend !== "string" || !isBackendName(backend))
    throw new UsageError(`There is no backend "${backend}". Use one of: ${backendNames.join(", ")}.`);
  return { backend, out, ...Object.fromEntries(counts) };
}

type Options = NonNullable<ParseArgsConfig["options"]>;

function parse(args: readonly string[], own: object): Partial<Record<string, string | boolean>> {
  const options: Options = {
    seed: { type: "string" },
    backend: { type: "string" },
    out: { type: "string" },
    help: { type: "boolean", short: "h" },
  };
  for (const [name, standard] of Object.entries(own))
    options[name] = { type: typeof standard === "boolean" ? "boolean" : "string" };
  const { help, ...values } = parsed(args, options);
  if (help === true) throw new HelpRequest(helpText(own));
  return values;
}

function parsed(args: readonly string[], options: Options): Partial<Record<string, string | boolean>> {
  try {
    return { ...parseArgs({ args: [...args], options, strict: true }).values } as Record<string, string | boolean>;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${error.message}\nOptions: ${Object.keys(options).map(usage(options)).join(" ")}`);
  }
}

function helpText(own: object): string {
  const rows = Object.entries({ seed: 0, backend: "cpu", out: join("out", "examples"), ...own }).map(
    ([name, standard]) =>
      typeof standard === "boolean"
        ? [`  --${name}`, ""]
        : [`  --${name} ${name.toUpperCase()}`, standard === "" ? "" : `default ${standard}`],
  );
  const width = Math.max(...rows.map(([option]) => option.length));
  const lines = rows.map(([option, text]) => `${option.padEnd(width)}  ${text}`.trimEnd());
  return [
    "Usage: npm run example -- NAME [options]",
    "",
    "Options:",
    ...lines,
    `Backends: ${backendNames.join(", ")}.`,
  ].join("\n");
}

function usage(options: Options): (name: string) => string {
  return (name) => (options[name].type === "boolean" ? `[--${name}]` : `[--${name} ${name.toUpperCase()}]`);
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < least)
    throw new UsageError(`--${name} ${text} is not a whole number of ${least} or more.`);
  return value;
}

/** Reads a text option as a number above 0. */
export function positiveNumber(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new UsageError(`--${name} ${text} is not a number above 0.`);
  return value;
}
