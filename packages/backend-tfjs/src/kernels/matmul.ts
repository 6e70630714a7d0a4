import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type Shape, sameShape, sizeOf } from "@unrolled/backend";
import type { Device } from "../device.js";
import type { Computes } from "./compute.js";
import { expand } from "./pieces.js";

/** Multiplications below which a slow transposed product still beats a transpose. */
const SMALL_PRODUCT = 4096;

export const matmul: Computes<"matmul"> = {
  matmul(device, [a, b], { attrs, out }) {
    const shape = out[0].shape;
    const [rows, columns] = shape.slice(-2);
    const inner = a.shape[a.shape.length - (attrs.transA ? 2 : 1)];
    if (inner === 0) return device.fill(shape, 0, "float32");

    let { transA, transB } = attrs;
    let left = operand(device, a, shape, b.shape);
    let right = operand(device, b, shape, a.shape);
    const shareRight = right.shape[0] === 1;
    const slow = device.traits.slowTransposedMatmul && rows * columns * inner > SMALL_PRODUCT;
    if (shareRight && transA && (slow || left.shape[0] > 1)) {
      left = swapMatrix(device, left);
      transA = false;
    }
    if (shareRight && transB && slow) {
      right = swapMatrix(device, right);
      transB = false;
    }
    if (shareRight && !transA) left = device.view(left, [1, left.shape[0] * rows, inner]);
    return device.run("BatchMatMul", { a: left, b: right }, { transposeA: transA, transposeB: transB });
  },
};

/** As `[batch, m, n]`, where batch is 1 or the output's; spelled out only if the other operand's batch differs from both. */
function operand(device: Device, x: TensorInfo, out: Shape, other: Shape): TensorInfo {
  const matrix = x.shape.slice(-2);
  const batch = x.shape.slice(0, -2);
  const size = sizeOf(batch);
  const outBatch = out.slice(0, -2);
  if (size === 1 || size === sizeOf(outBatch) || sameShape(batch, other.slice(0, -2))) {
    return device.view(x, [size, ...matrix]);
  }
  return device.view(expand(device, x, [...outBatch, ...matrix]), [sizeOf(outBatch), ...matrix]);
}

function swapMatrix(device: Device, x: TensorInfo): TensorInfo {
  return device.run("Transpose", { x }, { perm: [0, 2, 1] });
}
