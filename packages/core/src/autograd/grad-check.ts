import { ArgumentError, allocate, DTypeError } from "@unrolled/backend";
import { withGrad } from "../engine.js";
import { mul } from "../ops/elementwise.js";
import { sum } from "../ops/reductions.js";
import { Tensor } from "../tensor.js";
import { grad } from "./backpropagate.js";

/** Options of `gradCheck`. */
export interface GradCheckOptions {
  /** Half the distance between the two evaluations, relative to max(1, |x|). Default 1e-5. */
  readonly eps?: number;
  /** Allowed difference relative to max(1, |gradient|). Default 1e-7. */
  readonly tolerance?: number;
  /** Also check the gradient's gradient. Default false. */
  readonly secondOrder?: boolean;
}

/** What `gradCheck` found. */
export interface GradCheckResult {
  readonly ok: boolean;
  /** The worst relative difference, and where. */
  readonly maxError: number;
  readonly input: number;
  readonly element: number;
  readonly expected: number;
  readonly actual: number;
}

/** Fixed, irregular weights, so that no symmetry of the output hides an error. */
function weighting(like: Tensor): Tensor {
  const host = allocate(like.dtype, like.size);
  for (let i = 0; i < host.length; i++) host[i] = Math.cos(1.7 * i + 0.6) + 0.25;
  return new Tensor(like.backend, like.backend.upload(host, like.shape, like.dtype), like.shape, like.dtype);
}

/**
 * Compares the gradients of a function with central differences in float64.
 *
 * @param fn any function of tensors to one tensor, without randomness
 * @param inputs float64 tensors away from points where the function has a kink
 * @throws DTypeError for inputs that are not float64
 * @throws ArgumentError unless eps and tolerance are positive
 * @example
 * gradCheck((x) => x.tanh(), [tensor([0.3, -1.2], { dtype: "float64" })]).ok; // true
 */
export function gradCheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradCheckOptions = {},
): GradCheckResult {
  const { eps = 1e-5, tolerance = 1e-7, secondOrder = false } = options;
  if (!(eps > 0) || !(tolerance > 0))
    throw new ArgumentError("gradCheck", `eps ${eps}, tolerance ${tolerance}`, "use positive numbers");
  for (const { dtype } of inputs) {
    if (dtype !== "float64")
      throw new DTypeError("gradCheck", `an input is ${dtype}`, 'make it float64: tensor(data, { dtype: "float64" })');
  }
  const weighted = (...xs: Tensor[]): Tensor => {
    const y = fn(...xs);
    return sum(mul(y, weighting(y)));
  };
  const first = compare(weighted, inputs, eps, tolerance);
  if (!secondOrder || !first.ok) return first;
  const gradientOf = (...xs: Tensor[]): Tensor =>
    withGrad(true, () => {
      const leaves = xs.map((x) => (x.requiresGrad ? x : x.detach().requireGrad()));
      const parts = grad(weighted(...leaves), leaves, { createGraph: true, allowUnused: true });
      return parts.map((g) => sum(mul(g, weighting(g)))).reduce((a, b) => a.add(b));
    });
  return compare(gradientOf, inputs, eps, tolerance);
}

function compare(
  scalar: (...xs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  eps: number,
  tolerance: number,
): GradCheckResult {
  const leaves = inputs.map((x) => x.detach().requireGrad());
  const output = scalar(...leaves);
  const analytic = output.requiresGrad
    ? grad(output, leaves, { allowUnused: true }).map((g) => g.dataSync())
    : inputs.map((x) => allocate(x.dtype, x.size));
  let worst: GradCheckResult = { ok: true, maxError: 0, input: -1, element: -1, expected: 0, actual: 0 };
  inputs.forEach((x, input) => {
    const data = x.dataSync();
    const at = (element: number, value: number): number => {
      const moved = data.slice();
      moved[element] = value;
      const xs = inputs.map((other, i) =>
        i === input
          ? new Tensor(x.backend, x.backend.upload(moved, x.shape, x.dtype), x.shape, x.dtype)
          : other.detach(),
      );
      return scalar(...xs).item();
    };
    for (let element = 0; element < data.length; element++) {
      const step = eps * Math.max(1, Math.abs(data[element]));
      const [up, down] = [data[element] + step, data[element] - step];
      const expected = (at(element, up) - at(element, down)) / (up - down);
      const actual = analytic[input][element];
      const maxError = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
      if (!Number.isNaN(worst.maxError) && !(maxError <= worst.maxError))
        worst = { ok: maxError <= tolerance, maxError, input, element, expected, actual };
    }
  });
  return worst;
}
