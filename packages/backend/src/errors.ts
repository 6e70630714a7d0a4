const brand: symbol = Symbol.for("@unrolled/error");

/**
 * Base of every error that the library raises on purpose. The message names the operation, what was wrong, and the remedy:
 * `matmul: inner sizes differ, [2, 3] x [4, 5]; transpose one operand or check the layer's sizes`.
 */
export class UnrolledError extends Error {
  override readonly name: string = "UnrolledError";
  /** The operation or function that refused. */
  readonly op: string;
  /** What would be right. */
  readonly remedy: string;

  constructor(op: string, problem: string, remedy: string, options?: ErrorOptions) {
    super(`${op}: ${problem}; ${remedy}`, options);
    this.op = op;
    this.remedy = remedy;
    Object.defineProperty(this, brand, { value: true });
  }

  /** True for errors of any copy of the library, where `instanceof` sees only its own. */
  static is(error: unknown): error is UnrolledError {
    return typeof error === "object" && error !== null && brand in error;
  }
}

/** Shapes, ranks, axes or sizes do not fit. */
export class ShapeError extends UnrolledError {
  override readonly name = "ShapeError";
}

/** Element types do not fit. */
export class DTypeError extends UnrolledError {
  override readonly name = "DTypeError";
}

/** An option or argument has a value that is not allowed. */
export class ArgumentError extends UnrolledError {
  override readonly name = "ArgumentError";
}

/** A backend is missing, disposed, mixed with another, or cannot do what was asked. */
export class BackendError extends UnrolledError {
  override readonly name = "BackendError";
}

/** A file or text from outside is malformed; the message says where. */
export class FormatError extends UnrolledError {
  override readonly name = "FormatError";
}

/** A traced graph or the autograd tape cannot be built, run or lowered. */
export class GraphError extends UnrolledError {
  override readonly name = "GraphError";
}
