import type { DType } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type NestedArray, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { Embedding, LayerNorm, type LayerNormOptions } from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { golden, largestError } from "./support/compare.js";

setDefaultBackend(cpu());

interface LayerCase<O> {
  readonly options: O;
  readonly stateDict: Record<string, NestedArray>;
  readonly input: NestedArray;
  readonly output: NestedArray;
  readonly cotangent: NestedArray;
  readonly gradients: {
    readonly parameters: Readonly<Record<string, NestedArray>>;
    readonly input: NestedArray | null;
  };
}

type EmbeddingCase = LayerCase<{ numEmbeddings: number; embeddingDim: number; paddingIdx?: number }>;
type LayerNormCase = LayerCase<LayerNormOptions & { normalizedShape: number | number[] }>;

const file = golden<{
  readonly embedding: readonly EmbeddingCase[];
  readonly layerNorm: readonly LayerNormCase[];
  readonly layerNormFar: readonly LayerNormCase[];
}>("goldens/layers.json", import.meta.url);

const tolerances: readonly (readonly [DType, number])[] = [
  ["float32", 1e-5],
  ["float64", 1e-10],
];

describe.each(tolerances)("as PyTorch, in %s to %d", (dtype, tolerance) => {
  describe.each([cpu(), decomposed])("on $name", (backend) => {
    const place = { dtype, backend };

    function check(layer: Embedding | LayerNorm, x: Tensor, golden: LayerCase<unknown>): void {
      const { stateDict, output, cotangent, gradients } = golden;
      expect(Object.keys(layer.stateDict())).toEqual(Object.keys(stateDict));
      layer.loadStateDict(stateDict);
      const y = layer.forward(x);
      expect(largestError(y, output)).toBeLessThan(tolerance);
      if (y.requiresGrad) y.backward(tensor(cotangent, place));
      if (gradients.input !== null) expect(largestError(x.grad, gradients.input)).toBeLessThan(tolerance);
      for (const [name, parameter] of layer.namedParameters())
        expect(largestError(parameter.grad, gradients.parameters[name]), name).toBeLessThan(tolerance);
    }

    test.each(file.embedding)("Embedding $options of $input", (golden) => {
      const { numEmbeddings, embeddingDim, ...options } = golden.options;
      const layer = new Embedding(numEmbeddings, embeddingDim, { ...options, ...place });
      check(layer, tensor(golden.input, { dtype: "int32", backend }), golden);
    });

    test.each([...file.layerNorm, ...file.layerNormFar])("LayerNorm $options, case %#", (golden) => {
      const { normalizedShape, ...options } = golden.options;
      const layer = new LayerNorm(normalizedShape, { ...options, ...place });
      check(layer, tensor(golden.input, { ...place, requiresGrad: true }), golden);
    });
  });
});
