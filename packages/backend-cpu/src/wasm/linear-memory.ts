import { BackendError, type TypedArray } from "@unrolled/backend";

const PAGE = 65536;
const MOST_PAGES = 65536;
/** The lowest address handed out: below it lies what the module itself keeps. */
const BASE = 4096;
/** Blocks begin on cache lines. */
const GRAIN = 64;
/** Up to here a class is the next multiple of a grain. */
const SMALL = GRAIN * 8;
/** Below this many elements a plain loop beats `TypedArray.prototype.set`. */
const SHORT = 48;

/** Blocks come in four sizes an octave, so that freed ones are found again. */
function sizeClass(bytes: number): number {
  if (bytes <= SMALL) return bytes <= GRAIN ? GRAIN : (bytes + GRAIN - 1) & -GRAIN;
  const step = 2 ** (Math.floor(Math.log2(bytes)) - 2);
  return Math.ceil(bytes / step) * step;
}

/**
 * The memory that kernels work in. Freed blocks are kept and handed out again, so a training loop takes no more from its second
 * step on. `allocate` may replace the views: take `f32` and `i32` anew after it.
 */
export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  f32!: Float32Array;
  i32!: Int32Array;
  #top = BASE;
  readonly #free = new Map<number, number[]>();

  constructor(shared: boolean, mostPages: number = MOST_PAGES) {
    this.shared = shared;
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: mostPages, ...(shared && { shared }) });
    this.#refresh();
  }

  /** Address of `bytes` or more, aligned to 64; contents are undefined. */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    const list = this.#free.get(size);
    if (list !== undefined && list.length > 0) return list.pop() as number;
    const at = this.#top;
    // Kernels may read, never write, some bytes past a block.
    if (at + size + PAGE > this.memory.buffer.byteLength) this.#grow(at + size + PAGE);
    this.#top = at + size;
    return at;
  }

  /** Gives back a block that was allocated with the same number of bytes. */
  free(at: number, bytes: number): void {
    const size = sizeClass(bytes);
    const list = this.#free.get(size);
    if (list) list.push(at);
    else this.#free.set(size, [at]);
  }

  /** Bytes taken from the engine so far. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  write(at: number, data: TypedArray): void {
    const to = data instanceof Float32Array ? this.f32 : this.i32;
    const first = at >> 2;
    if (data.length < SHORT) for (let i = 0; i < data.length; i++) to[first + i] = data[i];
    else to.set(data, first);
  }

  /** Copies floats from an address to an array of the same length. */
  read(at: number, to: Float32Array): void {
    const from = this.f32;
    const first = at >> 2;
    const n = to.length;
    if (n < SHORT) for (let i = 0; i < n; i++) to[i] = from[first + i];
    else to.set(from.subarray(first, first + n));
  }

  /** Grows by at least a quarter: each time every view must be made anew. */
  #grow(bytes: number): void {
    const now = this.memory.buffer.byteLength;
    const pages = Math.ceil((Math.max(bytes, now + now / 4) - now) / PAGE);
    try {
      this.memory.grow(pages);
    } catch (cause) {
      throw new BackendError(
        "cpu",
        `WebAssembly memory cannot grow from ${now} to ${bytes} bytes (${String(cause)})`,
        "use smaller batches or shorter sequences",
      );
    }
    this.#refresh();
  }

  #refresh(): void {
    this.f32 = new Float32Array(this.memory.buffer);
    this.i32 = new Int32Array(this.memory.buffer);
  }
}
