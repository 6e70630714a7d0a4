import { isFloat } from "@unrolled/backend";
import type { Values } from "./values.js";

/** A reference whose op is not known to the compiler. */
export type ErasedReference = (inputs: readonly (Values | null)[], attrs: object) => readonly (Float64Array | null)[];

/**
 * The gradient of sum(cotangent * output) with respect to each float input, by (f(x + e) - f(x - e)) / 2e.
 * `null` where an input is absent, holds integers or is not wanted. Its error is about 1e-10 for functions and inputs of the order of 1.
 *
 * @example
 * const x = { values: Float64Array.of(3), shape: [1], dtype: "float64" } as const;
 * centralDifferences(([x]) => [x?.values.map((v) => v * v) ?? null], [x], {}, [Float64Array.of(1)]); // close to 6
 */
export function centralDifferences(
  reference: ErasedReference,
  inputs: readonly (Values | null)[],
  attrs: object,
  cotangents: readonly (Float64Array | null)[],
  wanted: readonly boolean[] = inputs.map(() => true),
  step = 1e-5,
): (Float64Array | null)[] {
  const objective = (changed: readonly (Values | null)[]): number => {
    let sum = 0;
    for (const [o, output] of reference(changed, attrs).entries()) {
      const cotangent = cotangents[o];
      if (output && cotangent) for (let i = 0; i < output.length; i++) sum += output[i] * cotangent[i];
    }
    return sum;
  };
  return inputs.map((input, k) => {
    if (!input || !isFloat(input.dtype) || !wanted[k]) return null;
    const values = input.values.slice();
    const changed = inputs.with(k, { ...input, values });
    return values.map((value, i) => {
      values[i] = value + step;
      const above = objective(changed);
      values[i] = value - step;
      const below = objective(changed);
      values[i] = value;
      return (above - below) / (2 * step);
    });
  });
}
