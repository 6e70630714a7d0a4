import type { TensorInfo } from "@tensorflow/tfjs-core";
import { ArgumentError, sizeOf } from "@unrolled/backend";
import type { Device } from "../device.js";
import type { Shade } from "../gpu/shade.js";
import type { Computes } from "./compute.js";
import { aroundAxis } from "./layout.js";
import { flat, notZero } from "./pieces.js";
import { sliced } from "./slice.js";

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
    const spare = device.engine === "webgpu" ? 1 : 0;
    const numbers = base.dtype === "bool" ? device.run("Cast", { x: updates }, { dtype: "int32" }) : updates;
    const added = device.run(
      "ScatterNd",
      {
        indices: device.view(rowNumbers(device, indices, outer, size), [outer * count, 1]),
        updates: device.view(numbers, [outer * count, inner]),
      },
      { shape: [outer * size + spare, inner] },
    );
    const kept = spare === 0 ? added : sliced(device, added, [0, 0], [outer * size, inner], [1, 1]);
    if (base.dtype !== "bool") return device.run("Add", { a: flat(device, base), b: flat(device, kept) });
    return device.run("LogicalOr", { a: flat(device, base), b: notZero(device, kept) });
  },
};

/** Indices along an axis as rows of `[outer * size, inner]`. */
function rowNumbers(device: Device, indices: TensorInfo, outer: number, size: number): TensorInfo {
  if (device.engine === "webgpu") return rowNumbersOrLast(device, indices, outer, size);
  if (outer === 1) return indices;
  const firsts = Int32Array.from({ length: outer }, (_, o) => o * size);
  return device.run("Add", {
    a: device.write(firsts, [outer, 1], "int32"),
    b: device.view(indices, [1, sizeOf(indices.shape)]),
  });
}

/** As `rowNumbers`, with indices out of range sent to a row after the last: the webgpu engine adds them to the last row. */
function rowNumbersOrLast(device: Device, indices: TensorInfo, outer: number, size: number): TensorInfo {
  const count = sizeOf(indices.shape);
  const wgsl = `
    let row = A[index % ${count}];
    result_ = select(${outer * size}, (index / ${count}) * ${size} + row, row >= 0 && row < ${size});`;
  const shade = device.shade as Shade;
  const name = `rows_${count}_${size}_${outer}`;
  return device.track(shade.indexed(name, ["A"], wgsl, [flat(device, indices)], [outer * count], "int32"));
}

/** Outside the range the cpu engine throws, and wasm reads what lies beside the tensor; GPU engines give zeros, as the table grants. */
export function requireInRange(op: string, device: Device, indices: TensorInfo, size: number): void {
  if (device.traits.onDevice) return;
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
