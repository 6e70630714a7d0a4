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

/** A file does not fit a model; nothing was loaded. The message lists every key, and so do the fields. */
export class StateDictError extends ArgumentError implements LoadReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshaped: readonly Misshaped[];

  constructor(op: string, { missing, unexpected, misshaped }: LoadReport, remedy: string) {
    const problems: string[] = [];
    if (missing.length > 0) problems.push(`missing: ${missing.join(", ")}`);
    if (unexpected.length > 0) problems.push(`unexpected: ${unexpected.join(", ")}`);
    for (const { key, inFile, inModel } of misshaped)
      problems.push(`${key} is ${formatShape(inFile)} in the file, ${formatShape(inModel)} in the model`);
    super(op, problems.join("; "), remedy);
    Object.defineProperty(this, "name", { value: "StateDictError" });
    this.missing = missing;
    this.unexpected = unexpected;
    this.misshaped = misshaped;
  }
}
