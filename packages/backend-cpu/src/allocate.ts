import { allocate as allocateAlone, type DType, type TypedArray } from "@unrolled/backend";

/** Above this the elements' work outweighs the allocation. */
const SMALL_BYTES = 1024;
const SLAB_BYTES = 8192;

let slab: ArrayBuffer = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/**
 * A zero-filled array for a result. A block of memory of its own costs some 400 ns, which dwarfs the work on a small array, and
 * one in the JavaScript heap (up to 64 bytes) more than twice the heap of a view: so small arrays are views of a slab. The slab
 * goes when its last view does.
 */
export function allocate(dtype: DType, length: number): TypedArray {
  const bytes = dtype === "float64" ? length * 8 : dtype === "bool" ? length : length * 4;
  if (bytes > SMALL_BYTES) return allocateAlone(dtype, length);
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
