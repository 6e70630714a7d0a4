import { table, UnrolledError } from "@unrolled/backend";

/** Which promise of the contract a case looks at. */
export type Check =
  | "values"
  | "dtype"
  | "length"
  | "shape"
  | "inputs"
  | "memory"
  | "repeat"
  | "readSync"
  | "copy"
  | "raises"
  | "dispose"
  | "order"
  | "contract"
  | "skip";

/** The element of a result that is furthest from the reference. */
export interface Deviation {
  readonly op: string;
  readonly case: string;
  /** `op` is a topic of training, behind which any op may stand. */
  readonly isTopic?: boolean;
  readonly check: Check;
  readonly problem: string;
  /** Position of the first wrong element, one number a dimension. */
  readonly index?: readonly number[];
  readonly expected?: unknown;
  readonly actual?: unknown;
  readonly cause?: unknown;
}

const remedies: Readonly<Record<Check, string>> = {
  values: "compare the kernel with the op's line in the table",
  dtype: "read must return the typed array of the buffer's dtype",
  shape: "an output has the shape that the op table infers",
  length: "the output has as many elements as its inferred shape",
  inputs: "a kernel must not write to its inputs",
  memory: "free what a kernel makes for itself, and count every buffer once",
  repeat: "a backend that calls itself deterministic gives the same bits each time",
  readSync: "readSync and read must agree, and readSync exists exactly if the capabilities say so",
  copy: "upload and read must copy",
  raises: "a kernel raises only what the table says",
  dispose: "refuse with a BackendError whatever is used after dispose",
  order: "calls of one program take their turns",
  contract: "see the Backend and Runner interfaces",
  skip: "remove the skip",
};

/** Whom to ask where training fails: the op that raised, or any. */
function kernelRemedy(cause: unknown): string {
  const op = UnrolledError.is(cause) && cause.op in table ? `, ops: ["${cause.op}"]` : "";
  return `find the op that is wrong by describeConformance({ describe, it }, { name, backend${op} })`;
}

/** A backend does something else than the contract says. `op` is the op, or in training `topic` and the case's topic. */
export class ConformanceError extends UnrolledError {
  override readonly name = "ConformanceError";
  /** Name of the case that found it. */
  readonly case: string;
  readonly check: Check;
  /** Position of the first wrong element, where there is one. */
  readonly index: readonly number[] | null;
  readonly expected: unknown;
  readonly actual: unknown;

  constructor(deviation: Deviation) {
    const options = deviation.cause === undefined ? undefined : { cause: deviation.cause };
    const { op, isTopic = false, check, problem, cause } = deviation;
    const remedy = isTopic ? kernelRemedy(cause) : remedies[check];
    super(isTopic ? `topic ${op}` : op, `${problem} (case "${deviation.case}")`, remedy, options);
    this.case = deviation.case;
    this.check = deviation.check;
    this.index = deviation.index ?? null;
    this.expected = deviation.expected;
    this.actual = deviation.actual;
  }
}
