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
  [/set dateOrder to "dmy" or "mdy"/g, "use --date-order dmy or --date-order mdy"],
  [/set decimal to "comma"/g, "use --decimal comma"],
  [/set missing to "error"/g, "use --missing error"],
  [
    /fill them in \(readSeries does, with missing: "interpolate"\)/g,
    "fill them with --missing interpolate or --missing previous",
  ],
  [/\b(horizon|season|window|holdout) (?=\d)(?!\d+ instead)/g, "--$1 "],
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
  return wordsInFlags(
    error.message.startsWith(`${error.op}: `) ? error.message.slice(error.op.length + 2) : error.message,
  );
}

/** What the library says about its options, in those of the command line. */
export function wordsInFlags(text: string): string {
  return phrases.reduce((words, [library, flags]) => words.replace(library, flags), text);
}

/** The system's code of a failed file operation, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
