import { cpu } from "@unrolled/backend-cpu";
import { LSTM, packPadded, padPacked } from "@unrolled/cells";
import { concat, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestDigestError, nameOf, type ProductCase, productCases, type Run } from "./support/product.js";

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

// What the goldens are worth: a planted defect is found in nearly every case that it concerns (a 2 x 2 matrix that is
// symmetric by chance survives being transposed).
describe("a planted defect is found", () => {
  const place = { dtype: "float64", backend: cpu() } as const;

  function expectFound(concerned: (golden: ProductCase) => boolean, error: (golden: ProductCase) => number): void {
    const cases = productCases.filter(concerned);
    const found = cases.filter((golden) => error(golden) > tolerances.float64);
    expect(cases.length).toBeGreaterThan(50);
    expect(found.length / cases.length).toBeGreaterThan(0.97);
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(cases.map(({ kind }) => kind)));
  }

  /** Runs a layer whose matrices were changed, gate by gate. */
  const withMatrices =
    (start: string, change: (gates: number[][][]) => number[][][]): Run =>
    (layer, x, state, lengths) => {
      for (const [name, value] of Object.entries(layer.stateDict())) {
        if (!name.startsWith(start)) continue;
        const rows = value.toArray() as number[][];
        const gates = Array.from({ length: rows.length / 2 }, (_, g) => rows.slice(2 * g, 2 * g + 2));
        layer.loadStateDict({ [name]: change(gates).flat() }, { strict: false });
      }
      return withLengths(layer, x, state, lengths);
    };

  test("a wrong gate order", () => {
    const swapped = withMatrices("weight_ih", ([first, second, ...rest]) => [second, first, ...rest]);
    expectFound(
      ({ kind }) => kind !== "RNN",
      (golden) => largestDigestError(golden, swapped, place),
    );
  });

  test("a transposed recurrent weight", () => {
    const transposed = withMatrices("weight_hh", (gates) =>
      gates.map(([[a, b], [c, d]]) => [
        [a, c],
        [b, d],
      ]),
    );
    expectFound(
      ({ options }) => options.projSize === undefined,
      (golden) => largestDigestError(golden, transposed, place),
    );
  });

  test("a reset gate before the recurrent product", () => {
    expectFound(
      ({ kind }) => kind === "GRU",
      (golden) =>
        largestDigestError({ ...golden, options: { ...golden.options, resetAfter: false } }, withLengths, place),
    );
  });

  test("a dropped gradient of a bias", () => {
    expectFound(
      ({ options }) => options.bias,
      (golden) =>
        largestDigestError(golden, withLengths, place, (layer) => {
          layer.bias_hh_l0.grad = null;
        }),
    );
  });

  test("lengths ignored", () => {
    const ignoring: Run = (layer, x, state) => withLengths(layer, x, state, undefined);
    expectFound(
      ({ lengths }) => lengths,
      (golden) => largestDigestError(golden, ignoring, place),
    );
  });

  test("a reverse direction that starts at the last step instead of its own end", () => {
    const fromLastStep: Run = (layer, x, state, lengths) => {
      const [y, ...last] = withLengths(layer, x, state, lengths);
      const [reversed] = withLengths(layer, x, state, undefined);
      const half = y.shape[2] / 2;
      return [concat([y.narrow(2, 0, half), reversed.narrow(2, half, half)], 2), ...last];
    };
    expectFound(
      ({ lengths, options }) => lengths && options.bidirectional === true,
      (golden) => largestDigestError(golden, fromLastStep, place),
    );
  });
});
