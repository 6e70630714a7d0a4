import { readFileSync } from "node:fs";
import { cpu } from "@unrolled/backend-cpu";
import * as core from "@unrolled/core";
import { type NestedArray, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { expectClose } from "./support/numbers.js";

setDefaultBackend(cpu());

interface Args {
  readonly dim: number | number[] | null;
  readonly keepDims: boolean;
  readonly unbiased: boolean;
  readonly approximate: "none" | "tanh";
  readonly beta: number;
  readonly threshold: number;
  readonly alpha: number;
  readonly negativeSlope: number;
  readonly min?: number;
  readonly max?: number;
}
interface Golden {
  readonly op: string;
  readonly args: Args;
  readonly inputs: NestedArray[];
  readonly output: NestedArray;
  readonly cotangent: NestedArray;
  readonly gradients: NestedArray[];
}

const { cases } = JSON.parse(readFileSync(new URL("goldens/composed.json", import.meta.url), "utf8")) as {
  readonly cases: readonly Golden[];
};

const keep = ({ keepDims }: Args): core.ReduceOptions => ({ keepDims });
const axes = ({ dim }: Args): number | number[] | undefined => dim ?? undefined;
const spreadOptions = ({ keepDims, unbiased }: Args): core.VarianceOptions => ({
  keepDims,
  correction: unbiased ? 1 : 0,
});
const ops: Readonly<Record<string, (x: Tensor, args: Args) => Tensor>> = {
  softmax: (x, { dim }) => core.softmax(x, dim as number),
  logSoftmax: (x, { dim }) => core.logSoftmax(x, dim as number),
  logsumexp: (x, args) => core.logSumExp(x, axes(args), keep(args)),
  mean: (x, args) => core.mean(x, axes(args), keep(args)),
  variance: (x, args) => core.variance(x, axes(args), spreadOptions(args)),
  std: (x, args) => core.std(x, axes(args), spreadOptions(args)),
  gelu: (x, { approximate }) => core.gelu(x, { approximate }),
  softplus: (x, { beta, threshold }) => core.softplus(x, { beta, threshold }),
  elu: (x, { alpha }) => core.elu(x, alpha),
  silu: (x) => core.silu(x),
  leakyRelu: (x, { negativeSlope }) => core.leakyRelu(x, negativeSlope),
  clamp: (x, { min, max }) =>
    core.clamp(x, { ...(min !== undefined && { low: min }), ...(max !== undefined && { high: max }) }),
};
/** In the file for a layer that lives above core. */
const elsewhere = ["layerNorm"];

test("every function in the file is known", () => {
  const named = new Set(cases.map(({ op }) => op));
  expect([...named].sort()).toEqual([...Object.keys(ops), ...elsewhere].sort());
});

describe.each([
  ["float64", 1e-8],
  ["float32", 1e-5],
] as const)("%s", (dtype, tolerance) => {
  const here = cases
    .filter(({ op }) => op in ops)
    .map((c, i) => [`${i} ${c.op} ${JSON.stringify(c.args)}`, c] as const);
  test.each(here)("case %s", (_name, { op, args, inputs, output, cotangent, gradients }) => {
    const x = tensor(inputs[0], { dtype, requiresGrad: true });
    const y = ops[op](x, args);
    expect(y.shape).toEqual(tensor(output).shape);
    expectClose(y, tensor(output, { dtype: "float64" }), tolerance);
    y.backward(tensor(cotangent, { dtype }));
    expectClose(x.grad as Tensor, tensor(gradients[0], { dtype: "float64" }), tolerance);
  });
});
