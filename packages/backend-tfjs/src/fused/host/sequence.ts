import type { TensorInfo } from "@tensorflow/tfjs-core";
import { ArgumentError, type FusedOp, type Meta } from "@unrolled/backend";
import type { Device } from "../../device.js";
import { product, right, rightSwapped, swapped } from "./products.js";

/** Sizes of a sequence op: time steps, batch, input features, hidden units, gates. */
export interface Sizes {
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
  /** Columns of all gates together. */
  readonly G: number;
}

export function sizesOf(x: Meta, wIh: Meta, wHh: Meta): Sizes {
  const [T, B, I] = x.shape;
  return { T, B, I, H: wHh.shape[1], G: wIh.shape[0] };
}

/** Engines have no products of empty matrices. */
export function hasElements({ in: [x, h] }: { readonly in: readonly (Meta | null)[] }): boolean {
  return [...(x as Meta).shape, ...(h as Meta).shape].every((size) => size > 0);
}

/** Step t of sequence b is valid while t < ends[b]. */
export function sequenceEnds(op: FusedOp, device: Device, lengths: TensorInfo | null, { T, B }: Sizes): Int32Array {
  const ends = new Int32Array(B).fill(T);
  if (lengths === null) return ends;
  const given = device.peek(lengths);
  for (let b = 0; b < B; b++) {
    if (given[b] < 0 || given[b] > T) {
      throw new ArgumentError(op, `lengths[${b}] is ${given[b]} for ${T} time steps`, `use 0 to ${T}`);
    }
    ends[b] = given[b];
  }
  return ends;
}

/** x W_ih^T for all time steps in one product: [T B, G], free to be written to. */
export function projectInput(device: Device, x: TensorInfo, wIh: TensorInfo, { T, B, I }: Sizes): TensorInfo {
  return product(device, device.view(x, [T * B, I]), rightSwapped(device, wIh));
}

/** The sum of both biases; where `shared` is less than all columns, the hidden one's rest is left out. */
export function combinedBias(
  device: Device,
  bIh: TensorInfo | null,
  bHh: TensorInfo | null,
  columns: number,
  shared: number,
): Float32Array {
  const sum = new Float32Array(columns);
  if (bIh) sum.set(device.floats(bIh));
  if (bHh) {
    const hidden = device.floats(bHh);
    for (let j = 0; j < shared; j++) sum[j] += hidden[j];
  }
  return sum;
}

/** A tensor to be written to, with the elements of another. */
export function copyOf(device: Device, x: TensorInfo): TensorInfo {
  const copy = device.empty(x.shape);
  device.floats(copy).set(device.floats(x));
  return copy;
}

/** Zeros, or a copy of a cotangent: what flows back through the state. */
export function runningGradient(device: Device, cotangent: TensorInfo | null, size: number): Float32Array {
  return cotangent ? device.floats(cotangent).slice() : new Float32Array(size);
}

/** The state that each step read, [T B, H], from the results of all steps and the first state. */
export function previousStates(
  device: Device,
  y: TensorInfo,
  h0: TensorInfo,
  ends: Int32Array,
  reverse: boolean,
  { T, B, H }: Sizes,
): TensorInfo {
  const out = device.empty([T * B, H]);
  const [to, results, first] = [device.floats(out), device.floats(y), device.floats(h0)];
  for (let t = 0; t < T; t++) {
    const before = reverse ? t + 1 : t - 1;
    for (let b = 0; b < B; b++) {
      const at = (t * B + b) * H;
      if (before < 0 || before >= ends[b]) to.set(first.subarray(b * H, (b + 1) * H), at);
      else to.set(results.subarray((before * B + b) * H, (before * B + b + 1) * H), at);
    }
  }
  return out;
}

/** Sums over rows: `x [rows, columns]` -> `[columns]`. */
export function columnSums(device: Device, x: TensorInfo): TensorInfo {
  const [rows, columns] = x.shape;
  const out = device.empty([columns]);
  const values = device.floats(x);
  const sums = new Float64Array(columns);
  for (let r = 0, at = 0; r < rows; r++) for (let j = 0; j < columns; j++, at++) sums[j] += values[at];
  device.floats(out).set(sums);
  return out;
}

export interface InputGradients {
  readonly x: TensorInfo | null;
  readonly weight: TensorInfo | null;
  readonly bias: TensorInfo | null;
}

/** Gradients of what the input product read, from the gates' gradients [T B, G] at all time steps. */
export function inputGradients(
  device: Device,
  gates: TensorInfo,
  gatesSwapped: () => TensorInfo,
  x: TensorInfo,
  wIh: TensorInfo,
  { T, B, I }: Sizes,
  wanted: { readonly x: boolean; readonly weight: boolean; readonly bias: boolean },
): InputGradients {
  return {
    x: wanted.x ? product(device, gates, right(device, wIh)) : null,
    weight: wanted.weight ? product(device, gatesSwapped(), right(device, device.view(x, [T * B, I]))) : null,
    bias: wanted.bias ? columnSums(device, gates) : null,
  };
}

/** A value made once, at the first call. */
export function lazy<V>(make: () => V): () => V {
  let made: { readonly value: V } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export function lazySwapped(device: Device, x: TensorInfo): () => TensorInfo {
  return lazy(() => swapped(device, x));
}
