import { ArgumentError, type Call, formatShape, type Shape, type TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { copyRun, sizeBetween } from "./arrays.js";

export function gather(inputs: readonly [TypedArray, TypedArray], call: Call<"gather">): readonly [TypedArray] {
  const [x, indices] = inputs;
  const { axis } = call.attrs;
  const { shape, dtype } = call.in[0];
  checkIndices("gather", indices, shape, axis);
  const outer = sizeBetween(shape, 0, axis);
  const size = shape[axis];
  const inner = sizeBetween(shape, axis + 1, shape.length);
  const out = allocate(dtype, outer * indices.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < indices.length; i++) {
      copyRun(x, (o * size + indices[i]) * inner, out, at, inner);
      at += inner;
    }
  }
  return [out];
}

export function scatterAdd(
  inputs: readonly [TypedArray, TypedArray, TypedArray],
  call: Call<"scatterAdd">,
): readonly [TypedArray] {
  const [base, indices, updates] = inputs;
  const { axis } = call.attrs;
  const { shape, dtype } = call.in[0];
  checkIndices("scatterAdd", indices, shape, axis);
  const outer = sizeBetween(shape, 0, axis);
  const size = shape[axis];
  const inner = sizeBetween(shape, axis + 1, shape.length);
  const out = allocate(dtype, base.length);
  copyRun(base, 0, out, 0, base.length);
  let from = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < indices.length; i++) {
      const to = (o * size + indices[i]) * inner;
      for (let j = 0; j < inner; j++) out[to + j] += updates[from++];
    }
  }
  return [out];
}

export function checkIndices(op: string, indices: TypedArray, shape: Shape, axis: number): void {
  const size = shape[axis];
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (index < 0 || index >= size) {
      throw new ArgumentError(
        op,
        `index ${index} (element ${i} of the indices) does not exist on axis ${axis} of ${formatShape(shape)}, which has size ${size}`,
        size === 0 ? "the axis is empty: give no indices" : `use indices from 0 to ${size - 1}`,
      );
    }
  }
}
