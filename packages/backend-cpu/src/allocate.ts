import { allocate as allocateAlone, type DType, type TypedArray } from "@unrolled/backend";

/** Engines place arrays up to this size in the JavaScript heap, which is quick. */
const IN_HEAP_BYTES = 64;
/** Above this the elements' work outweighs the allocation. */
const SMALL_BYTES = 1024;
const SLAB_BYTES = 8192;

let slab: ArrayBuffer = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/**
 * A zero-filled array for a result. A typed array just too large for the JavaScript heap costs some 400 ns for a block of its
 * own, which dwarfs the work on it; such small ones are views of a slab (20 ns). The slab goes when its last view does.
 */
export function allocate(dtype: DType, length: number): TypedArray {
  const bytes = dtype === "float64" ? length * 8 : dtype === "bool" ? length : length * 4;
  if (bytes <= IN_HEAP_BYTES || bytes > SMALL_BYTES) return allocateAlone(dtype, length);
  if (used + bytes > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  used += (bytes + 7) & ~7;
  if (dtype === "float32") return new Float32Array(slab, start, length);
  if (dtype === "float64") return new Float64Array(slab, start, length);
  if (dtype === "int32") return new Int32Array(slab, start, length);
  return new Uint8Array(slab, start, length);
}
