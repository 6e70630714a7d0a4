import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Device } from "../../device.js";

/** A right operand that many products share; `transposed` says how it is stored. */
export interface Right {
  readonly info: TensorInfo;
  readonly transposed: boolean;
  readonly columns: number;
}

/** `x [rows, columns]` -> `[columns, rows]` */
export function swapped(device: Device, x: TensorInfo): TensorInfo {
  return device.run("Transpose", { x }, { perm: [1, 0] });
}

export function right(device: Device, x: TensorInfo): Right {
  const [rows, columns] = x.shape;
  return { info: device.view(x, [1, rows, columns]), transposed: false, columns };
}

/** `x^T` as a right operand; spelled out where the engine is slow otherwise. */
export function rightSwapped(device: Device, x: TensorInfo): Right {
  if (device.traits.slowTransposedMatmul) return right(device, swapped(device, x));
  const [rows, columns] = x.shape;
  return { info: device.view(x, [1, rows, columns]), transposed: true, columns: rows };
}

/** `a [rows, inner]` by a right operand -> `[rows, columns]`, with a bias [columns] added. */
export function product(device: Device, a: TensorInfo, b: Right, bias: TensorInfo | null = null): TensorInfo {
  const [rows, inner] = a.shape;
  const operands = { a: device.view(a, [1, rows, inner]), b: b.info };
  const attrs = { transposeA: false, transposeB: b.transposed, activation: "linear", leakyreluAlpha: 0 };
  const out = device.run("_FusedMatMul", bias ? { ...operands, bias } : operands, attrs);
  return device.track(reshaped(device, out, [rows, b.columns]));
}

/** The same elements under a shape of their own, which may be handed out. */
function reshaped(device: Device, x: TensorInfo, shape: readonly number[]): TensorInfo {
  device.untrack(x);
  return device.view(x, shape);
}
