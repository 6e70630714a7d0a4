import { type DType, formatShape, type HostTensor, type Shape, sizeOf } from "@unrolled/backend";
import { frozenCall, primitiveKernel } from "../erased.js";
import { generator } from "../generator.js";
import { random, range, tensor, vector } from "../host.js";
import type { ConformanceCase } from "./case.js";
import { describeInputs, missingDType, type OpCase } from "./op-case.js";
import { balanced, mustRaise, withInputs } from "./run-kernel.js";
import { every, numeric } from "./shapes.js";

/** Shape, axis, shape of the indices. */
const lookups: readonly (readonly [Shape, number, Shape])[] = [
  [[7], 0, []],
  [[7], 0, [5]],
  [[7], 0, [0]],
  [[1], 0, [3]],
  [[3, 5], 0, [7]],
  [[3, 5], 1, [7]],
  [[3, 5], 0, []],
  [[3, 5], 1, []],
  [[17, 3], 0, [3, 5]],
  [[2, 3, 5], 1, [2, 7]],
  [[2, 3, 5], 2, [3]],
  [[2, 3, 5], 0, [1, 3]],
  [[2, 1, 3, 2, 3], 2, [5]],
  [[0, 3], 1, [2]],
  [[0, 3], 0, [0]],
];

/** Indices in range, some of them repeated where there is more than one. */
function picks(size: number, shape: Shape): HostTensor {
  const g = generator(`picks ${size} ${shape.join("x")}`);
  const all = range(sizeOf(shape), () => g.integer(0, size - 1));
  if (all.length > 1) all[all.length - 1] = all[0];
  return tensor("int32", shape, all);
}

function updatesShape(shape: Shape, axis: number, picked: Shape): Shape {
  return [...shape.slice(0, axis), ...picked, ...shape.slice(axis + 1)];
}

export function gatherCases(): OpCase<"gather">[] {
  const inRange = every.flatMap((dtype) =>
    lookups.map(
      ([shape, axis, picked]): OpCase<"gather"> => ({
        op: "gather",
        label: `${describeInputs(dtype, shape)} along ${axis} by ${formatShape(picked)}`,
        inputs: [random("gather", dtype, shape), picks(shape[axis], picked)],
        attrs: { axis },
      }),
    ),
  );
  const outside = every.map(
    (dtype): OpCase<"gather"> => ({
      op: "gather",
      label: `${dtype} an index out of range gives zeros`,
      inputs: [tensor(dtype, [2, 2], [1, 1, 1, 1]), vector("int32", [2, 1, -1])],
      attrs: { axis: 0 },
      expected: [0, 0, 1, 1, 0, 0],
      checksIndices: false,
    }),
  );
  return [...inRange, ...outside];
}

export function scatterAddCases(): OpCase<"scatterAdd">[] {
  const inRange = numeric.flatMap((dtype) =>
    lookups.map(
      ([shape, axis, picked]): OpCase<"scatterAdd"> => ({
        op: "scatterAdd",
        label: `${describeInputs(dtype, shape)} along ${axis} by ${formatShape(picked)}`,
        inputs: [
          random("scatterAdd base", dtype, shape),
          picks(shape[axis], picked),
          random("scatterAdd updates", dtype, updatesShape(shape, axis, picked)),
        ],
        attrs: { axis },
        terms: sizeOf(picked) + 1,
      }),
    ),
  );
  const repeats = numeric.map(
    (dtype): OpCase<"scatterAdd"> => ({
      op: "scatterAdd",
      label: `${dtype} repeated indices add up`,
      inputs: [vector(dtype, [10, 20, 30]), vector("int32", [2, 0, 2, 2]), vector(dtype, [1, 2, 4, 8])],
      attrs: { axis: 0 },
      expected: [12, 20, 43],
    }),
  );
  const outside = numeric.map(
    (dtype): OpCase<"scatterAdd"> => ({
      op: "scatterAdd",
      label: `${dtype} an index out of range is dropped`,
      inputs: [vector(dtype, [10, 20]), vector("int32", [2, 1, -1]), vector(dtype, [1, 2, 4])],
      attrs: { axis: 0 },
      expected: [10, 22],
      checksIndices: false,
    }),
  );
  return [...inRange, ...repeats, ...outside];
}

/** Backends that look at indices refuse the ones out of range. */
export function refusedIndexCases(): ConformanceCase[] {
  const float: DType = "float32";
  return ([2, -1, 2147483647] as const).flatMap((index) => [
    refused("gather", index, [tensor(float, [2, 2], [1, 2, 3, 4]), vector("int32", [0, index])]),
    refused("scatterAdd", index, [
      tensor(float, [2, 2], [1, 2, 3, 4]),
      vector("int32", [0, index]),
      tensor(float, [2, 2], [1, 1, 1, 1]),
    ]),
  ]);
}

function refused(op: "gather" | "scatterAdd", index: number, inputs: readonly HostTensor[]): ConformanceCase {
  const name = `${op} refuses the index ${index} of 2`;
  const place = { op, case: name };
  return {
    name,
    op,
    dtype: "float32",
    inapplicable: (backend) =>
      backend.capabilities.checksIndices ? missingDType(backend, inputs) : "it does not look at indices",
    async run({ backend }) {
      const call = frozenCall(op, inputs, { axis: 0 });
      const kernel = primitiveKernel(backend, op, place);
      await balanced(backend, place, () =>
        withInputs(backend, place, inputs, (handles) =>
          mustRaise(place, "raises", `the index ${index}`, "ArgumentError", () => kernel(handles, call)),
        ),
      );
    },
  };
}
