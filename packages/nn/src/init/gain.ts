import { ArgumentError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";

/** What follows the layer; it decides the default gain. */
export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

/**
 * The gain that keeps the scale of activations through a nonlinearity, as torch.nn.init.calculate_gain.
 *
 * @param slope of leakyRelu below 0. Default 0.01
 * @throws ArgumentError for a name that is not in the list
 * @example
 * init.xavierUniform_(weight, init.calculateGain("tanh"));
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
    case "linear":
    case "sigmoid":
      return 1;
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + slope * slope));
    case "selu":
      return 3 / 4;
    default:
      throw new ArgumentError(
        "calculateGain",
        `nonlinearity ${describeValue(nonlinearity)}`,
        'use "linear", "sigmoid", "tanh", "relu", "leakyRelu" or "selu"',
      );
  }
}
