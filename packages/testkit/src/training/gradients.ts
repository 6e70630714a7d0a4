import type { Backend, DType, HostTensor } from "@unrolled/backend";
import { checkValues } from "../assert/compare.js";
import { toleranceOf } from "../assert/tolerance.js";
import { positive, random, vector } from "../host.js";
import { referenceBackend } from "../reference/backend.js";
import type { KitTensor, TrainingToolkit } from "./toolkit.js";
import { type TrainingCase, trainingCase } from "./training-case.js";

interface Inputs {
  readonly a: KitTensor;
  readonly b: KitTensor;
  readonly row: KitTensor;
  readonly picks: KitTensor;
}

type Formula = (inputs: Inputs, toolkit: TrainingToolkit) => KitTensor;

/** `a` [3, 4] and `b` [3, 4] are positive, `row` is [4], `picks` holds row numbers, one of them twice. */
const formulas: Readonly<Record<string, Formula>> = {
  "sums of products, broadcast": ({ a, row }) => a.mul(row).add(row),
  "quotients and powers": ({ a, b, row }) => a.div(b).add(b.pow(row)).add(a.pow(3)),
  "exp, log, sqrt": ({ a, b }) => a.exp().add(b.log()).mul(a.sqrt()),
  "sin, tanh, sigmoid, erf": ({ a, b }) => a.sin().mul(b.tanh()).add(a.sigmoid().mul(b.erf())),
  "relu and its kink": ({ a }) => a.sub(a.mean()).relu(),
  "maxima, ties shared": ({ a, row }) => a.max(1).add(row.sub(row).max()).add(a.maximum(a).sum(1)),
  "where one is less": ({ a, b }, { where }) => where(a.less(b), a.mul(b), a.add(b)),
  "softmax and its logarithm": ({ a, b }) => a.softmax(1).mul(b).add(b.logSoftmax(0)),
  "means and variances": ({ a, row }) =>
    a
      .sub(a.mean())
      .div(a.variance(1).reshape([3, 1]).add(1).sqrt())
      .mul(row),
  "matrix products": ({ a, b }) => a.matmul(b.transpose(0, 1)).matmul(a),
  "matrix products over a batch": ({ a, b }) =>
    a
      .reshape([1, 3, 4])
      .broadcastTo([2, 3, 4])
      .matmul(b.reshape([1, 4, 3])),
  "running sums": ({ a, b }) => a.cumsum(1).mul(b.cumsum(0)),
  "slices, joined, padded, turned": ({ a, b }, { concat }) =>
    concat([a.narrow(1, 1, 2), b.flip(1), a.select(1, 0).reshape([3, 1])], 1)
      .pad([
        [1, 0],
        [0, 2],
      ])
      .mul(2),
  "rows picked, one of them twice": ({ a, picks, row }) => a.indexSelect(picks, 0).mul(row),
};

const hosts = {
  a: random("gradient a", "float32", [3, 4], positive),
  b: random("gradient b", "float32", [3, 4], positive),
  row: random("gradient row", "float32", [4], positive),
};
const picks: HostTensor = vector("int32", [2, 0, 2, 1]);

async function evaluate(toolkit: TrainingToolkit, backend: Backend, dtype: DType, formula: Formula): Promise<Result> {
  const leaf = ({ data, shape }: HostTensor): KitTensor =>
    toolkit.tensor(dtype === "float64" ? Float64Array.from(data) : data, { shape, backend, dtype, requiresGrad: true });
  const leaves = { a: leaf(hosts.a), b: leaf(hosts.b), row: leaf(hosts.row) };
  const y = formula(
    { ...leaves, picks: toolkit.tensor(picks.data, { shape: picks.shape, backend, dtype: "int32" }) },
    toolkit,
  );
  y.mul(y).sum().backward();
  const gradients = await Promise.all(Object.values(leaves).map(async ({ grad }) => (grad ? grad.data() : null)));
  return { y: await y.data(), shape: y.shape, gradients };
}

interface Result {
  readonly y: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly gradients: readonly (ArrayLike<number> | null)[];
}

/** Functions of tensors and their gradients by the tape, against the same in float64 on the references. */
export function gradientCases(): TrainingCase[] {
  return Object.entries(formulas).map(([title, formula]) =>
    trainingCase("gradients", `of ${title}`, async ({ toolkit, backend }, place) => {
      const actual = await evaluate(toolkit, backend, "float32", formula);
      const expected = await evaluate(toolkit, referenceBackend({ fused: false }), "float64", formula);
      const meta = { shape: actual.shape, dtype: "float32" as const };
      checkValues(
        place,
        "the value",
        Float32Array.from(actual.y),
        expected.y,
        meta,
        toleranceOf("float32", "sequence", 4),
      );
      for (const [i, name] of Object.keys(hosts).entries()) {
        const [given, wanted] = [actual.gradients[i], expected.gradients[i]];
        if (given === null || wanted === null) continue;
        const { shape } = hosts[name as keyof typeof hosts];
        const tolerance = toleranceOf("float32", "gradient", 12);
        const what = `the gradient of ${name}`;
        checkValues(place, what, Float32Array.from(given), wanted, { shape, dtype: "float32" }, tolerance);
      }
    }),
  );
}
