import { ArgumentError, type Backend, type DType } from "@unrolled/backend";
import { describeValue, type Generator, scope, zeros } from "@unrolled/core";
import { init, Parameter } from "@unrolled/nn";

/** Where a parameter lives, and the stream of its first values. */
interface DrawOptions {
  readonly generator?: Generator;
  readonly dtype?: DType;
  readonly backend?: Backend;
}

/** A parameter, uniform within +-bound. */
export function drawParameter(
  shape: readonly number[],
  bound: number,
  { generator, dtype, backend }: DrawOptions,
): Parameter {
  const place = { ...(dtype && { dtype }), ...(backend && { backend }) };
  return scope(
    (): Parameter =>
      init.uniform_(new Parameter(zeros(shape, place)), -bound, bound, generator === undefined ? {} : { generator }),
  );
}

/** Raises unless every value is a positive whole number. */
export function requireCounts(op: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < 1)
      throw new ArgumentError(op, `${name} ${describeValue(value)}`, "use a positive integer");
  }
}

export function checkNonlinearity(op: string, nonlinearity: string): void {
  if (nonlinearity !== "tanh" && nonlinearity !== "relu")
    throw new ArgumentError(op, `nonlinearity ${describeValue(nonlinearity)}`, 'use "tanh" or "relu"');
}
