import { ArgumentError } from "@unrolled/backend";
import type { Generator, Tensor } from "@unrolled/core";
import { fillFromHost, type InitOptions } from "./fill.js";

/**
 * Normal, drawn again where it falls outside [low, high], as torch.nn.init.trunc_normal_. Bounds are values, not multiples
 * of `std`, and may be infinite. Default: mean 0, standard deviation 1, within +-2.
 *
 * @throws ArgumentError unless std is above 0 and low below high
 * @example
 * init.truncNormal_(zeros([3, 2]), 0, 0.02, -0.04, 0.04);
 */
export function truncNormal_<T extends Tensor>(
  tensor: T,
  mean = 0,
  std = 1,
  low = -2,
  high = 2,
  options: InitOptions = {},
): T {
  if (!(std > 0 && std < Number.POSITIVE_INFINITY) || !Number.isFinite(mean))
    throw new ArgumentError("truncNormal_", `mean ${mean}, standard deviation ${std}`, "use a finite mean and std > 0");
  if (!(low < high)) throw new ArgumentError("truncNormal_", `from ${low} to ${high}`, "use low < high");
  const from = (low - mean) / std;
  const to = (high - mean) / std;
  return fillFromHost("truncNormal_", tensor, options, (generator, size) =>
    Float64Array.from({ length: size }, () =>
      Math.min(high, Math.max(low, mean + std * standardBetween(generator, from, to))),
    ),
  );
}

/** A standard normal number from `from` to `to` by rejection, from the proposal that fits the interval (Robert, 1995). */
function standardBetween(generator: Generator, from: number, to: number): number {
  if (to < 0) return -standardBetween(generator, -to, -from);
  if (from <= 0)
    return to - from > Math.sqrt(2 * Math.PI) ? fromNormal(generator, from, to) : fromUniform(generator, from, to);
  const rate = (from + Math.sqrt(from * from + 4)) / 2;
  return to - from > 1 / rate ? fromExponential(generator, from, to, rate) : fromUniform(generator, from, to);
}

function fromNormal(generator: Generator, from: number, to: number): number {
  for (;;) {
    const x = generator.normal();
    if (x >= from && x <= to) return x;
  }
}

function fromUniform(generator: Generator, from: number, to: number): number {
  const nearest = Math.max(0, from);
  for (;;) {
    const x = from + (to - from) * generator.uniform();
    if (generator.uniform() <= Math.exp((nearest * nearest - x * x) / 2)) return x;
  }
}

function fromExponential(generator: Generator, from: number, to: number, rate: number): number {
  for (;;) {
    const x = from - Math.log(1 - generator.uniform()) / rate;
    if (x <= to && generator.uniform() <= Math.exp(-((x - rate) ** 2) / 2)) return x;
  }
}
