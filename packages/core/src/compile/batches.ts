import { ArgumentError, allocate, formatShape, type HostTensor, type TypedArray } from "@unrolled/backend";
import type { Tensor } from "../tensor.js";
import type { HostRecord } from "./variant.js";

/** Neighbours in a list whose tensors have equal shapes. */
export function groupsOfEqualShapes<A extends readonly Tensor[]>(list: readonly A[]): A[][] {
  const groups: A[][] = [];
  let key = "";
  for (const inputs of list) {
    const own = inputs.map(({ shape, dtype }) => `${dtype}${formatShape(shape)}`).join();
    if (groups.length === 0 || own !== key) groups.push([]);
    groups[groups.length - 1].push(inputs);
    key = own;
  }
  return groups;
}

/** Inputs of many runs, each stacked along a new first dimension. */
export function stackRuns(runs: readonly HostRecord[]): HostRecord {
  return Object.fromEntries(Object.keys(runs[0]).map((name) => [name, stackHost(runs, name)]));
}

function stackHost(runs: readonly HostRecord[], name: string): HostTensor {
  const { shape, dtype } = runs[0][name];
  return { data: joined(runs.map((run) => run[name])), shape: [runs.length, ...shape], dtype };
}

/** Outputs of several calls, each stacked already, one behind the other. */
export function joinRuns(parts: readonly HostRecord[]): HostRecord {
  const [first] = parts;
  return Object.fromEntries(
    Object.keys(first).map((name) => {
      const list = parts.map((part) => part[name]);
      const [, ...rest] = list[0].shape;
      const stranger = list.find(({ shape }) => formatShape(shape.slice(1)) !== formatShape(rest));
      if (stranger)
        throw new ArgumentError(
          "epoch",
          `output ${name} is ${formatShape(rest)} for some batches and ${formatShape(stranger.shape.slice(1))} for others`,
          "return scalars, or leave out the batch of another size; the steps were taken",
        );
      const count = list.reduce((sum, { shape }) => sum + shape[0], 0);
      return [name, { data: joined(list), shape: [count, ...rest], dtype: list[0].dtype }];
    }),
  );
}

function joined(list: readonly HostTensor[]): TypedArray {
  const all = allocate(
    list[0].dtype,
    list.reduce((sum, { data }) => sum + data.length, 0),
  );
  let at = 0;
  for (const { data } of list) {
    all.set(data, at);
    at += data.length;
  }
  return all;
}
