import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Device } from "../../device.js";
import type { MatrixShader, Shade } from "../../gpu/shade.js";
import { product, right, rightSwapped } from "../host/products.js";
import type { InputGradients, Sizes } from "../host/sequence.js";

/** One shader call at a time step; `lengths`, where given, is input E. */
export function shade(
  device: Device,
  shader: MatrixShader,
  inputs: Readonly<Record<string, TensorInfo | null>>,
  shape: readonly [number, number],
  now: number,
): TensorInfo {
  const present = Object.entries(inputs).filter((entry): entry is [string, TensorInfo] => entry[1] !== null);
  return device.track((device.shade as Shade).matrix(shader, Object.fromEntries(present), shape, now));
}

/** Code for whether the sequence of row b still runs: `F on`. */
export function running(lengths: TensorInfo | null): string {
  return lengths ? "F on = pick(at_E(b, 0) - float_(now), 1.0, 0.0);" : "F on = 1.0;";
}

/** The lengths as a column of floats. */
export function lengthsColumn(device: Device, lengths: TensorInfo | null, B: number): TensorInfo | null {
  if (lengths === null) return null;
  return device.run("Cast", { x: device.view(lengths, [B, 1]) }, { dtype: "float32" });
}

/** x W_ih^T + bias for all time steps: [T B, G]. */
export function projected(
  device: Device,
  x: TensorInfo,
  wIh: TensorInfo,
  bias: TensorInfo | null,
  { T, B, I }: Sizes,
): TensorInfo {
  return product(device, device.view(x, [T * B, I]), rightSwapped(device, wIh), bias);
}

export function bothBiases(device: Device, a: TensorInfo | null, b: TensorInfo | null): TensorInfo | null {
  return a && b ? device.run("Add", { a, b }) : (a ?? b);
}

/** Time steps in the order of processing. */
export function timeOrder(T: number, reverse: boolean): number[] {
  return Array.from({ length: T }, (_, step) => (reverse ? T - 1 - step : step));
}

/** Matrices [B, columns], one a time step, as one [T B, columns]. */
export function stacked(device: Device, parts: readonly TensorInfo[]): TensorInfo {
  return parts.length === 1 ? parts[0] : device.run("Concat", parts, { axis: 0 });
}

/** What the outputs y are: the states, with zeros past the end. */
export function outputsOf(
  device: Device,
  states: readonly TensorInfo[],
  lengths: TensorInfo | null,
  shape: readonly [number, number],
): TensorInfo {
  if (lengths === null) return stacked(device, states);
  const body = `${running(lengths)} out(pick(on, at_H(b, j), 0.0));`;
  const shader = { name: "ended", body: body };
  return stacked(
    device,
    states.map((H, t) => shade(device, shader, { H, E: lengths }, shape, t)),
  );
}

/** `a^T b` for two matrices of T B rows. */
export function weightGradient(device: Device, a: TensorInfo, b: TensorInfo): TensorInfo {
  const operands = { a: device.view(a, [1, ...a.shape]), b: device.view(b, [1, ...b.shape]) };
  return device.run("BatchMatMul", operands, { transposeA: true, transposeB: false });
}

export function rowSums(device: Device, x: TensorInfo): TensorInfo {
  return device.run("Sum", { x }, { axis: [0], keepDims: false });
}

export function inputGradients(
  device: Device,
  gates: TensorInfo,
  x: TensorInfo,
  wIh: TensorInfo,
  { T, B, I }: Sizes,
  wanted: { readonly x: boolean; readonly weight: boolean; readonly bias: boolean },
): InputGradients {
  return {
    x: wanted.x ? product(device, gates, right(device, wIh)) : null,
    weight: wanted.weight ? weightGradient(device, gates, device.view(x, [T * B, I])) : null,
    bias: wanted.bias ? rowSums(device, gates) : null,
  };
}

/** The gradient of the state before an ended step is that after it. */
export function carried(
  device: Device,
  through: TensorInfo,
  dh: TensorInfo,
  lengths: TensorInfo | null,
  shape: readonly [number, number],
  t: number,
): TensorInfo {
  if (lengths === null) return through;
  const body = `${running(lengths)} out(at_M(b, j) + pick(on, 0.0, at_D(b, j)));`;
  return shade(device, { name: "carried", body }, { M: through, D: dh, E: lengths }, shape, t);
}

export function zeros(device: Device, B: number, H: number): TensorInfo {
  return device.fill([B, H], 0, "float32");
}
