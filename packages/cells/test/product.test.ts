import { cpu } from "@unrolled/backend-cpu";
import { LSTM, packPadded, padPacked } from "@unrolled/cells";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestDigestError, nameOf, productCases, type Run } from "./support/product.js";

setDefaultBackend(cpu());

const withLengths: Run = (layer, x, state, lengths) => {
  const options = lengths ? { lengths } : {};
  if (layer instanceof LSTM) {
    const [y, last] = layer.forward(x, state && [state[0], state[1]], options);
    return [y, ...last];
  }
  return layer.forward(x, state?.[0], options);
};

const packedRun: Run = (layer, x, state, lengths) => {
  if (!lengths) return withLengths(layer, x, state, lengths);
  const { batchFirst } = layer;
  const given = tensor(lengths as number[], { dtype: "int32", backend: x.backend });
  const packed = packPadded(x, given, { batchFirst, enforceSorted: false });
  const unpack = (y: typeof packed): Tensor => padPacked(y, { batchFirst })[0];
  if (layer instanceof LSTM) {
    const [y, last] = layer.forward(packed, state && [state[0], state[1]]);
    return [unpack(y), ...last];
  }
  const [y, h] = layer.forward(packed, state?.[0]);
  return [unpack(y), h];
};

const tolerances = { float32: 1e-5, float64: 1e-10 } as const;

describe.each(["float32", "float64"] as const)("every combination of options as PyTorch, in %s", (dtype) => {
  describe.each([
    ["on the CPU", cpu(), withLengths],
    ["decomposed", decomposed, withLengths],
    ["packed", cpu(), packedRun],
  ] as const)("%s", (_name, backend, run) => {
    test.each(productCases.map((golden) => [nameOf(golden), golden] as const))("%s", (_name, golden) => {
      expect(largestDigestError(golden, run, { dtype, backend })).toBeLessThan(tolerances[dtype]);
    });
  });
});
