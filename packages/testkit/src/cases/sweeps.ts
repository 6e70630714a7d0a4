import type { DType, HostTensor } from "@unrolled/backend";
import { range, vector } from "../host.js";
import type { BinaryOp, UnaryOp } from "./elementwise-ops.js";
import type { OpCase } from "./op-case.js";
import { floats } from "./shapes.js";

type Sweep = readonly [what: string, ...arguments: (readonly number[])[]];

const linear = (from: number, to: number, count: number): number[] =>
  range(count, (i) => from + ((to - from) * i) / (count - 1));
const decades = (from: number, to: number): number[] => range(to - from + 1, (i) => 1.37 * 10 ** (from + i));

/** Bases and exponents of a grid, paired. */
function grid(a: readonly number[], b: readonly number[]): [number[], number[]] {
  return [a.flatMap((x) => b.map(() => x)), a.flatMap(() => [...b])];
}

function of(op: string, dtype: DType): readonly Sweep[] {
  const wide = dtype === "float64";
  switch (op) {
    case "exp":
      return [["over its range", linear(wide ? -700 : -85, wide ? 700 : 85, 65)]];
    case "log":
      return [
        ["over decades", decades(wide ? -300 : -36, wide ? 300 : 36)],
        ["near 1", linear(0.9, 1.1, 33)],
      ];
    case "sqrt":
      return [["over decades", decades(wide ? -300 : -36, wide ? 300 : 36)]];
    case "sin":
    case "cos":
      return [["over three turns", linear(-9.5, 9.5, 77)]];
    case "tanh":
      return [
        ["until it is flat", linear(-12, 12, 65)],
        ["near 0", linear(-0.01, 0.01, 17)],
      ];
    case "sigmoid":
      return [["over its range", linear(wide ? -700 : -85, wide ? 700 : 85, 65)]];
    case "erf":
      return [
        ["until it is flat", linear(-6.5, 6.5, 105)],
        ["near 0", linear(-0.01, 0.01, 17)],
      ];
    case "pow":
      return [
        ["over bases and exponents", ...grid([0.01, 0.5, 1, 1.5, 2, 10], [-3, -1, -0.5, 0, 0.5, 1, 2, 3.5])],
        ["of negative bases to whole powers", ...grid([-3, -1, -0.5], [-3, -2, -1, 0, 1, 2, 3])],
      ];
    default:
      return [];
  }
}

/** The range of arguments over which a function is used, where random elements near 0 would not reach. */
export function sweeps(op: UnaryOp | BinaryOp): OpCase[] {
  return floats.flatMap((dtype) =>
    of(op, dtype).map(
      ([what, ...columns]): OpCase => ({
        op,
        label: `${dtype} ${what}`,
        inputs: columns.map((values) => vector(dtype, values)) as unknown as readonly [HostTensor],
        attrs: {},
      }),
    ),
  );
}
