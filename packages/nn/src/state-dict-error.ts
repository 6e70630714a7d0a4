import { ArgumentError, formatShape } from "@unrolled/backend";

/** A key whose shape in the file is not the model's. */
export interface Misshaped {
  readonly key: string;
  readonly inFile: readonly number[];
  readonly inModel: readonly number[];
}

/** How a file and a model fit. Keys are the model's names; unexpected ones are the file's. */
export interface LoadReport {
  /** In the model, not in the file. */
  readonly missing: readonly string[];
  /** In the file, not in the model. */
  readonly unexpected: readonly string[];
  readonly misshaped: readonly Misshaped[];
}

/** How a `StateDictError` says what does not fit. */
export interface LoadWords {
  /** What to do about it. */
  readonly remedy: string;
  /** A mis-shaped key in words, where the file's own terms differ from the model's. */
  readonly misshaped?: (entry: Misshaped) => string;
  /** What else cannot be loaded, in words: values of another backend, arrays that are ragged. */
  readonly others?: readonly string[];
}

const inBoth = ({ key, inFile, inModel }: Misshaped): string =>
  `${key} is ${formatShape(inFile)} in the file, ${formatShape(inModel)} in the model`;

/**
 * Weights do not fit a model; nothing was loaded. The message lists every key, and so do the fields.
 *
 * @example
 * try {
 *   new Linear(2, 1).loadStateDict({ weight: [[1, 2, 3]] });
 * } catch (error) {
 *   if (!(error instanceof StateDictError)) throw error;
 *   error.missing; // ["bias"]
 *   error.misshaped; // [{ key: "weight", inFile: [1, 3], inModel: [1, 2] }]
 * }
 */
export class StateDictError extends ArgumentError implements LoadReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshaped: readonly Misshaped[];

  constructor(op: string, { missing, unexpected, misshaped }: LoadReport, words: LoadWords) {
    const { misshaped: inWords = inBoth, others = [], remedy } = words;
    const problems = new Set<string>();
    if (missing.length > 0) problems.add(`missing: ${missing.join(", ")}`);
    if (unexpected.length > 0) problems.add(`unexpected: ${unexpected.join(", ")}`);
    for (const entry of misshaped) problems.add(inWords(entry));
    for (const problem of others) problems.add(problem);
    super(op, [...problems].join("; "), remedy);
    Object.defineProperty(this, "name", { value: "StateDictError" });
    this.missing = missing;
    this.unexpected = unexpected;
    this.misshaped = misshaped;
  }
}
