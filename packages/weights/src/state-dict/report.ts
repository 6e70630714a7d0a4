import { ArgumentError } from "@unrolled/backend";

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

/** How an error says what does not fit, where the file's own terms differ from the model's. */
export interface LoadWords {
  misshaped(entry: Misshaped): string;
  readonly remedy: string;
}

/** A file does not fit a model; nothing was loaded. The message lists every key, and so do the fields. */
export class StateDictError extends ArgumentError implements LoadReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshaped: readonly Misshaped[];

  constructor(op: string, { missing, unexpected, misshaped }: LoadReport, words: LoadWords) {
    const problems = new Set<string>();
    if (missing.length > 0) problems.add(`missing: ${missing.join(", ")}`);
    if (unexpected.length > 0) problems.add(`unexpected: ${unexpected.join(", ")}`);
    for (const entry of misshaped) problems.add(words.misshaped(entry));
    super(op, [...problems].join("; "), words.remedy);
    Object.defineProperty(this, "name", { value: "StateDictError" });
    this.missing = missing;
    this.unexpected = unexpected;
    this.misshaped = misshaped;
  }
}
