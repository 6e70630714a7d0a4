import type { Backend, DType } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type NestedArray, type Tensor, tensor } from "@unrolled/core";
import { Adam, AdamW, clipGradNorm, clipGradValue, type Optimizer, SGD } from "@unrolled/optim";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { golden, largestError } from "./support/compare.js";

type Pair = readonly [NestedArray, NestedArray];

interface OptimizerCase {
  readonly optimizer: keyof typeof optimizers;
  readonly options: Record<string, never>;
  readonly gradients: "dense" | "withAbsent";
  readonly after: readonly Pair[];
}

interface ClipNormCase {
  readonly maxNorm: number;
  readonly normType: number | "inf";
  readonly gradients: Pair;
  readonly totalNorm: number;
  readonly clipped: Pair;
}

interface ClipValueCase {
  readonly clipValue: number;
  readonly gradients: Pair;
  readonly clipped: Pair;
}

const optimizers = { SGD, Adam, AdamW } as const;
const file = golden<{
  readonly parameters: Pair;
  readonly gradients: Record<OptimizerCase["gradients"], readonly (readonly (NestedArray | null)[])[]>;
  readonly optimizers: readonly OptimizerCase[];
  readonly clipNorm: readonly ClipNormCase[];
  readonly clipValue: readonly ClipValueCase[];
}>("goldens/optim.json", import.meta.url);

// PyTorch's numbers are given to twelve digits
const precisions: readonly (readonly [DType, number])[] = [
  ["float32", 1e-6],
  ["float64", 1e-11],
];
const backends: readonly Backend[] = [cpu(), decomposed];
const ways = backends.flatMap((backend) =>
  precisions.map(([dtype, tolerance]) => ({ name: backend.name, backend, dtype, tolerance })),
);

describe.each(ways)("as PyTorch, on $name in $dtype to $tolerance", ({ backend, dtype, tolerance }) => {
  const place = { backend, dtype };
  const withGradients = (gradients: readonly (NestedArray | null)[]): Tensor[] =>
    file.parameters.map((value, i) => {
      const parameter = tensor(value, { ...place, requiresGrad: true });
      const gradient = gradients[i];
      parameter.grad = gradient === null ? null : tensor(gradient, place);
      return parameter;
    });

  test.each(
    file.optimizers.map(
      (golden) =>
        [`${golden.optimizer} ${JSON.stringify(golden.options)}, gradients ${golden.gradients}`, golden] as const,
    ),
  )("%s", (_name, { optimizer, options, gradients, after }) => {
    const parameters = withGradients([null, null]);
    const subject: Optimizer<never> = new optimizers[optimizer](parameters, options) as unknown as Optimizer<never>;
    file.gradients[gradients].forEach((step, k) => {
      parameters.forEach((parameter, i) => {
        const gradient = step[i];
        parameter.grad = gradient === null ? null : tensor(gradient, place);
      });
      subject.step();
      parameters.forEach((parameter, i) => {
        expect(largestError(parameter, after[k][i]), `parameter ${i} after step ${k}`).toBeLessThan(tolerance);
      });
    });
    expect(after).toHaveLength(8);
  });

  test.each(file.clipNorm)("clipGradNorm to $maxNorm by norm $normType", (golden) => {
    const parameters = withGradients(golden.gradients);
    const p = golden.normType === "inf" ? Number.POSITIVE_INFINITY : golden.normType;
    expect(largestError(clipGradNorm(parameters, golden.maxNorm, { p }), golden.totalNorm)).toBeLessThan(tolerance);
    parameters.forEach(({ grad }, i) => {
      expect(largestError(grad, golden.clipped[i])).toBeLessThan(tolerance);
    });
  });

  test.each(file.clipValue)("clipGradValue to $clipValue", (golden) => {
    const parameters = withGradients(golden.gradients);
    clipGradValue(parameters, golden.clipValue);
    parameters.forEach(({ grad }, i) => {
      expect(largestError(grad, golden.clipped[i])).toBeLessThan(tolerance);
    });
  });
});
