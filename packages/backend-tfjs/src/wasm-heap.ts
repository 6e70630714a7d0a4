import type { KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import type { DType, Shape, TypedArray } from "@unrolled/backend";

interface HeapBackend {
  makeOutput(shape: number[], dtype: string): TensorInfo;
  typedArrayFromHeap(info: TensorInfo): TypedArray;
}

/** Positions along an axis: an arithmetic sequence or a list. */
export type Positions = { readonly start: number; readonly step: number; readonly count: number } | TypedArray;

/**
 * Block copies inside the WebAssembly engine's memory. Its own kernels copy the whole input (Slice) or compute a position an
 * element (GatherV2, Reverse, Tile), 20 to 40 ns each; Reverse also moves four bytes a bool. Nothing leaves the heap here.
 */
export class WasmHeap {
  readonly #backend: HeapBackend;

  constructor(backend: KernelBackend) {
    this.#backend = backend as unknown as HeapBackend;
  }

  /** A view of the elements; any later allocation may detach it. */
  elements(x: TensorInfo): TypedArray {
    return this.#backend.typedArrayFromHeap(x);
  }

  /** A float32 tensor with whatever the memory held. */
  empty(shape: Shape): TensorInfo {
    return this.#backend.makeOutput([...shape], "float32");
  }

  /** `x [outer, size, inner]` -> `[outer, count, inner]` */
  take(x: TensorInfo, outer: number, size: number, inner: number, positions: Positions): TensorInfo {
    const count = "start" in positions ? positions.count : positions.length;
    const out = this.#backend.makeOutput([outer, count, inner], x.dtype);
    const from = this.elements(x);
    const to = this.elements(out);
    if ("start" in positions && positions.step === 1) {
      copyRows(from, to, outer, size * inner, positions.start * inner, count * inner);
      return out;
    }
    const list = "start" in positions ? sequence(positions.start, positions.step, count) : positions;
    let at = 0;
    for (let o = 0; o < outer; o++) {
      const row = o * size * inner;
      for (let i = 0; i < count; i++, at += inner) {
        const source = row + list[i] * inner;
        if (inner < 16) for (let j = 0; j < inner; j++) to[at + j] = from[source + j];
        else to.set(from.subarray(source, source + inner), at);
      }
    }
    return out;
  }

  /** `x [outer, 1, inner]` -> `[outer, times, inner]` */
  repeat(x: TensorInfo, outer: number, times: number, inner: number): TensorInfo {
    const out = this.#backend.makeOutput([outer, times, inner], x.dtype as DType);
    const from = this.elements(x);
    const to = this.elements(out);
    const row = times * inner;
    for (let o = 0; o < outer; o++) {
      if (inner === 1) {
        to.fill(from[o], o * row, (o + 1) * row);
        continue;
      }
      to.set(from.subarray(o * inner, (o + 1) * inner), o * row);
      for (let filled = inner; filled < row; filled *= 2) {
        to.copyWithin(o * row + filled, o * row, o * row + Math.min(filled, row - filled));
      }
    }
    return out;
  }
}

function copyRows(from: TypedArray, to: TypedArray, rows: number, stride: number, start: number, length: number): void {
  for (let r = 0; r < rows; r++) {
    const source = r * stride + start;
    if (length < 16) for (let j = 0; j < length; j++) to[r * length + j] = from[source + j];
    else to.set(from.subarray(source, source + length), r * length);
  }
}

function sequence(start: number, step: number, count: number): Int32Array {
  const list = new Int32Array(count);
  for (let i = 0; i < count; i++) list[i] = start + i * step;
  return list;
}
