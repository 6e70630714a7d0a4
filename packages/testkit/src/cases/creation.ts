import { type DType, formatShape, type Shape } from "@unrolled/backend";
import { random, vector } from "../host.js";
import { describeInputs, type OpCase } from "./op-case.js";
import { every, floats, numeric } from "./shapes.js";

const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;

export function castCases(): OpCase<"cast">[] {
  const shapes: readonly Shape[] = [[], [33], [0], [3, 5], [2, 1, 3, 2, 3]];
  const all = every.flatMap((from) =>
    every.flatMap((to) =>
      shapes.map(
        (shape): OpCase<"cast"> => ({
          op: "cast",
          label: `${describeInputs(from, shape)} to ${to}`,
          inputs: [random("cast", from, shape)],
          attrs: { dtype: to },
        }),
      ),
    ),
  );
  const of = (
    from: DType,
    dtype: DType,
    what: string,
    values: readonly number[],
    expected: readonly number[],
  ): OpCase<"cast"> => ({
    op: "cast",
    label: `${from} to ${dtype} ${what}`,
    inputs: [vector(from, values)],
    attrs: { dtype },
    expected,
  });
  const edges = floats.flatMap((from) => [
    of(from, "int32", "truncs toward zero", [1.9, -1.9, 0.5, -0.5, nan, 7], [1, -1, 0, 0, 0, 7]),
    of(from, "bool", "is x != 0", [0, -0, 0.25, -3, nan, inf], [0, 0, 1, 1, 1, 1]),
  ]);
  return [
    ...all,
    ...edges,
    of("int32", "bool", "is x != 0", [0, 256, -1, 2], [0, 1, 1, 1]),
    of("float64", "float32", "rounds", [0.1, 1e300, nan], [Math.fround(0.1), inf, nan]),
    of("float32", "float64", "keeps infinities and NaN", [inf, -inf, nan, 0.5], [inf, -inf, nan, 0.5]),
  ];
}

export function fillCases(): OpCase<"fill">[] {
  const values: Readonly<Record<DType, readonly number[]>> = {
    float32: [0, 0.1, -3, inf, nan],
    float64: [0, 0.1, -3, inf, nan],
    int32: [0, -7, 16777215],
    bool: [0, 1],
  };
  const shapes: readonly Shape[] = [[], [1], [33], [0], [3, 5], [2, 0, 3], [2, 1, 3, 2, 3]];
  return every.flatMap((dtype) =>
    values[dtype].flatMap((value) =>
      shapes.map(
        (shape): OpCase<"fill"> => ({
          op: "fill",
          label: `${dtype} ${formatShape(shape)} with ${value}`,
          inputs: [],
          attrs: { shape, value, dtype },
        }),
      ),
    ),
  );
}

export function iotaCases(): OpCase<"iota">[] {
  return numeric.flatMap((dtype) =>
    [0, 1, 5, 33].map(
      (length): OpCase<"iota"> => ({
        op: "iota",
        label: `${dtype} to ${length}`,
        inputs: [],
        attrs: { length, dtype },
      }),
    ),
  );
}
