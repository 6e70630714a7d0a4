import type { DType } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type NestedArray, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import {
  BCEWithLogitsLoss,
  bceWithLogits,
  CrossEntropyLoss,
  crossEntropy,
  GaussianNLLLoss,
  gaussianNllLoss,
  NLLLoss,
  nllLoss,
  QuantileLoss,
  quantileLoss,
  type Reduction,
} from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { golden, largestError, shapeOf } from "./support/compare.js";

setDefaultBackend(cpu());

interface Options {
  readonly reduction: Reduction;
  readonly weight?: NestedArray;
  readonly posWeight?: NestedArray;
  readonly ignoreIndex?: number;
  readonly labelSmoothing?: number;
  readonly full?: boolean;
  readonly eps?: number;
  readonly quantiles?: number | readonly number[];
}

interface LossCase {
  readonly options: Options;
  readonly input: NestedArray;
  readonly target: NestedArray;
  readonly var?: NestedArray;
  readonly output: NestedArray;
  readonly cotangent: NestedArray;
  readonly gradients: Readonly<Record<"input" | "target" | "var", NestedArray | null>>;
}

type Section = "bceWithLogits" | "crossEntropy" | "nll" | "gaussianNll" | "quantile";
type Inputs = Partial<Record<"input" | "target" | "var", Tensor>> & { readonly input: Tensor; readonly target: Tensor };

const file = golden<Record<Section, readonly LossCase[]>>("goldens/losses2.json", import.meta.url);

/** Each loss as a function and as a module. */
const losses: Record<Section, readonly ((inputs: Inputs, options: Options, place: object) => Tensor)[]> = {
  bceWithLogits: [
    ({ input, target }, options, place) => bceWithLogits(input, target, placed(options, place)),
    ({ input, target }, options, place) => new BCEWithLogitsLoss(placed(options, place)).forward(input, target),
  ],
  crossEntropy: [
    ({ input, target }, options, place) => crossEntropy(input, target, placed(options, place)),
    ({ input, target }, options, place) => new CrossEntropyLoss(placed(options, place)).forward(input, target),
  ],
  nll: [
    ({ input, target }, options, place) => nllLoss(input, target, placed(options, place)),
    ({ input, target }, options, place) => new NLLLoss(placed(options, place)).forward(input, target),
  ],
  gaussianNll: [
    ({ input, target, var: variance }, options) => gaussianNllLoss(input, target, variance as Tensor, options),
    ({ input, target, var: variance }, options) =>
      new GaussianNLLLoss(options).forward(input, target, variance as Tensor),
  ],
  quantile: [
    ({ input, target }, { quantiles = 0.5, ...options }) => quantileLoss(input, target, quantiles, options),
    ({ input, target }, { quantiles = 0.5, ...options }) => new QuantileLoss(quantiles, options).forward(input, target),
  ],
};

function placed<O extends Options>(
  { weight, posWeight, ...options }: O,
  place: object,
): Omit<O, "weight" | "posWeight"> & { weight?: Tensor; posWeight?: Tensor } {
  return {
    ...options,
    ...(weight !== undefined && { weight: tensor(weight, place) }),
    ...(posWeight !== undefined && { posWeight: tensor(posWeight, place) }),
  };
}

const tolerances: readonly (readonly [DType, number])[] = [
  ["float32", 1e-5],
  ["float64", 1e-10],
];

describe.each(tolerances)("as PyTorch, in %s to %d", (dtype, tolerance) => {
  describe.each([cpu(), decomposed])("on $name", (backend) => {
    const cases = (Object.keys(losses) as Section[]).flatMap((section) =>
      file[section].flatMap((golden, i) => losses[section].map((loss, form) => ({ section, i, golden, loss, form }))),
    );

    test.each(cases)("$section $i ($golden.options), form $form", ({ golden, loss }) => {
      const place = { dtype, backend };
      const { gradients } = golden;
      const make = (name: keyof Inputs): Tensor | undefined => {
        const value = golden[name];
        if (value === undefined) return undefined;
        return gradients[name] === null
          ? tensor(value, { dtype: "int32", backend })
          : tensor(value, { ...place, requiresGrad: true });
      };
      const inputs = { input: make("input"), target: make("target"), var: make("var") } as Inputs;
      const value = loss(inputs, golden.options, place);
      expect(value.shape).toEqual(shapeOf(golden.output));
      expect(largestError(value, golden.output)).toBeLessThan(tolerance);
      value.backward(tensor(golden.cotangent, place));
      for (const name of ["input", "target", "var"] as const) {
        const wanted = gradients[name];
        if (wanted !== null && wanted !== undefined)
          expect(largestError(inputs[name]?.grad, wanted), name).toBeLessThan(tolerance);
      }
    });
  });
});
