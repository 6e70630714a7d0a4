import { UnrolledError } from "@unrolled/backend";

/** Something that the person at the terminal can mend: shown without a stack trace, exit code 2. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** How the library's words about its options read on the command line. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/set missing to "interpolate" or "previous"/g, "use --missing interpolate or --missing previous"],
  [/set missing to "previous"/g, "use --missing previous"],
  [/choose one, as column: /g, "choose one with --column "],
  [/pass dateColumn: false to ignore the dates/g, "use --no-dates to ignore the dates"],
  [/use null for none/g, "use --long-season none"],
  [/\blongSeason\b/g, "--long-season"],
  [/\bhiddenSize\b/g, "--hidden-size"],
  [/\bnumLayers\b/g, "--layers"],
  [/\bbatchSize\b/g, "--batch-size"],
  [/\bclipGradNorm\b/g, "--clip"],
];

/** Whether the library refused a file or an option, rather than failed. */
export function isRefusal(error: unknown): error is UnrolledError {
  return UnrolledError.is(error) && (error.name === "ArgumentError" || error.name === "FormatError");
}

/** The library's refusal in the words of the command line, without the name of the function that refused. */
export function inFlags(error: UnrolledError): string {
  const text = error.message.startsWith(`${error.op}: `) ? error.message.slice(error.op.length + 2) : error.message;
  return phrases.reduce((words, [library, flags]) => words.replace(library, flags), text);
}

/** The system's code of a failed file operation, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
