import type { DType } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type NestedArray, setDefaultBackend, type Tensor, tensor, withBackend } from "@unrolled/core";
import { huberLoss, Linear, l1Loss, mseLoss, smoothL1Loss } from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { golden, largestError, shapeOf } from "./support/compare.js";

interface LinearCase {
  readonly options: { readonly inFeatures: number; readonly outFeatures: number; readonly bias: boolean };
  readonly stateDict: Record<string, NestedArray>;
  readonly input: NestedArray;
  readonly output: NestedArray;
  readonly cotangent: NestedArray;
  readonly gradients: { readonly parameters: Record<string, NestedArray>; readonly input: NestedArray };
}

interface LossCase {
  readonly loss: keyof typeof losses;
  readonly options: { readonly reduction: "mean" | "sum" | "none"; readonly delta?: number; readonly beta?: number };
  readonly input: NestedArray;
  readonly target: NestedArray;
  readonly output: NestedArray;
  readonly cotangent: NestedArray;
  readonly gradients: { readonly input: NestedArray; readonly target: NestedArray };
}

const losses = { MSELoss: mseLoss, L1Loss: l1Loss, HuberLoss: huberLoss, SmoothL1Loss: smoothL1Loss } as const;
const file = golden<{
  readonly linear: readonly LinearCase[];
  readonly losses: readonly LossCase[];
  readonly lossesAtTies: readonly LossCase[];
}>("goldens/nn.json", import.meta.url);

const describeLoss = ({ loss, options }: LossCase): string => `${loss} ${JSON.stringify(options)}`;

setDefaultBackend(cpu());

const precisions: readonly (readonly [DType, number])[] = [
  ["float32", 1e-5],
  ["float64", 1e-8],
];

describe.each(precisions)("as PyTorch, in %s to %d", (dtype, tolerance) => {
  describe.each([cpu(), decomposed])("on $name", (backend) => {
    test.each(file.linear.map((golden) => [JSON.stringify(golden.options), golden] as const))(
      "Linear %s of case %#",
      (_name, golden) => {
        const { options, stateDict, input, output, cotangent, gradients } = golden;
        const { inFeatures, outFeatures, bias } = options;
        const layer = new Linear(inFeatures, outFeatures, { bias, dtype, backend });
        expect(Object.keys(layer.stateDict())).toEqual(Object.keys(stateDict));
        layer.loadStateDict(stateDict);
        const x = tensor(input, { dtype, backend, requiresGrad: true });
        const y = layer.forward(x);
        expect(largestError(y, output)).toBeLessThan(tolerance);
        y.backward(tensor(cotangent, { dtype, backend }));
        expect(largestError(x.grad, gradients.input)).toBeLessThan(tolerance);
        for (const [name, parameter] of layer.namedParameters())
          expect(largestError(parameter.grad, gradients.parameters[name]), name).toBeLessThan(tolerance);
      },
    );
  });

  test.each([
    ...file.losses.map((golden) => [`${describeLoss(golden)} of [${shapeOf(golden.input)}]`, golden] as const),
    ...file.lossesAtTies.map((golden) => [`${describeLoss(golden)} where its pieces meet`, golden] as const),
  ])("%s", (_name, { loss, options, input, target, output, cotangent, gradients }) => {
    const x = tensor(input, { dtype, requiresGrad: true });
    const t = tensor(target, { dtype, requiresGrad: true });
    const value: Tensor = losses[loss](x, t, options);
    expect(largestError(value, output)).toBeLessThan(tolerance);
    value.backward(tensor(cotangent, { dtype }));
    expect(largestError(x.grad, gradients.input)).toBeLessThan(tolerance);
    expect(largestError(t.grad, gradients.target)).toBeLessThan(tolerance);
  });
});

test("losses run on the backend of their inputs, whatever the default is", () => {
  const x = tensor([1, 2], { backend: decomposed });
  const loss = withBackend(cpu(), () => huberLoss(x, tensor([1, 4], { backend: decomposed })));
  expect(loss.backend).toBe(decomposed);
  expect(loss.item()).toBe(0.75);
});
