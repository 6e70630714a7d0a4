import type { TensorInfo } from "@tensorflow/tfjs-core";
import { ArgumentError, sizeOf } from "@unrolled/backend";
import type { Device } from "../device.js";
import type { Computes } from "./compute.js";
import { aroundAxis } from "./layout.js";
import { flat, notZero } from "./pieces.js";

export const indexing: Computes<"gather" | "scatterAdd"> = {
  gather(device, [x, indices], { attrs }) {
    const { outer, size, inner } = aroundAxis(x.shape, attrs.axis);
    requireInRange("gather", device, indices, size);
    if (device.heap) return device.track(device.heap.take(x, outer, size, inner, device.peek(indices).slice()));
    const rows = device.view(x, [outer, size, inner]);
    return device.run("GatherV2", { x: rows, indices: flat(device, indices) }, { axis: 1, batchDims: 0 });
  },

  scatterAdd(device, [base, indices, updates], { attrs }) {
    const { outer, size, inner } = aroundAxis(base.shape, attrs.axis);
    requireInRange("scatterAdd", device, indices, size);
    if (sizeOf(updates.shape) === 0) return base;
    const count = sizeOf(indices.shape);
    const numbers = base.dtype === "bool" ? device.run("Cast", { x: updates }, { dtype: "int32" }) : updates;
    const added = device.run(
      "ScatterNd",
      {
        indices: device.view(rowNumbers(device, indices, outer, size), [outer * count, 1]),
        updates: device.view(numbers, [outer * count, inner]),
      },
      { shape: [outer * size, inner] },
    );
    if (base.dtype !== "bool") return device.run("Add", { a: flat(device, base), b: flat(device, added) });
    return device.run("LogicalOr", { a: flat(device, base), b: notZero(device, added) });
  },
};

/** Indices along an axis as rows of `[outer * size, inner]`. */
function rowNumbers(device: Device, indices: TensorInfo, outer: number, size: number): TensorInfo {
  if (outer === 1) return indices;
  const firsts = Int32Array.from({ length: outer }, (_, o) => o * size);
  return device.run("Add", {
    a: device.write(firsts, [outer, 1], "int32"),
    b: device.view(indices, [1, sizeOf(indices.shape)]),
  });
}

/** The engines here read at once, and outside the range one throws and the other reads what lies beside the tensor. */
function requireInRange(op: string, device: Device, indices: TensorInfo, size: number): void {
  const list = device.peek(indices);
  for (let i = 0; i < list.length; i++) {
    if (list[i] < 0 || list[i] >= size) {
      throw new ArgumentError(
        op,
        `index ${list[i]} at position ${i} is outside [0, ${size})`,
        "check the indices; negative ones do not count from the end",
      );
    }
  }
}
