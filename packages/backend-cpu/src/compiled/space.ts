import type { DType, TypedArray } from "@unrolled/backend";
import type { Engine } from "../wasm/engine.js";
import type { LinearMemory } from "../wasm/linear-memory.js";

/** The first arena's bytes. */
const leastArena = 1 << 16;
/** A new arena has at most this much more than was asked for. */
const mostSpare = 1 << 26;

/** The memory in which compiled graphs live, beside kernels of their own, with views of every element type. */
export class Space {
  readonly engine: Engine;
  readonly linear: LinearMemory;
  #arena: Arena | null = null;
  #buffer: ArrayBufferLike | null = null;
  #f64: Float64Array = new Float64Array(0);
  #u8: Uint8Array = new Uint8Array(0);

  constructor(engine: Engine) {
    this.engine = engine;
    this.linear = engine.memory;
  }

  get f32(): Float32Array {
    return this.linear.f32;
  }

  get i32(): Int32Array {
    return this.linear.i32;
  }

  get f64(): Float64Array {
    this.#refresh();
    return this.#f64;
  }

  get u8(): Uint8Array {
    this.#refresh();
    return this.#u8;
  }

  /** Replaced whenever the memory grows. */
  get buffer(): ArrayBufferLike {
    return this.linear.memory.buffer;
  }

  view(dtype: DType, at: number, length: number): TypedArray {
    const { buffer } = this;
    if (dtype === "float32") return new Float32Array(buffer, at, length);
    if (dtype === "float64") return new Float64Array(buffer, at, length);
    if (dtype === "int32") return new Int32Array(buffer, at, length);
    return new Uint8Array(buffer, at, length);
  }

  write(data: TypedArray, at: number): void {
    if (data instanceof Float32Array) fill(this.f32, at >> 2, data);
    else if (data instanceof Float64Array) fill(this.f64, at >> 3, data);
    else if (data instanceof Int32Array) fill(this.i32, at >> 2, data);
    else fill(this.u8, at, data);
  }

  /** A copy of its own. */
  read(dtype: DType, at: number, length: number): TypedArray {
    if (dtype === "float32") return taken(this.f32, at >> 2, length, new Float32Array(length));
    if (dtype === "float64") return taken(this.f64, at >> 3, length, new Float64Array(length));
    if (dtype === "int32") return taken(this.i32, at >> 2, length, new Int32Array(length));
    return taken(this.u8, at, length, new Uint8Array(length));
  }

  /** At least `bytes`; to be given back. */
  takeArena(bytes: number): Arena {
    if (this.#arena === null || this.#arena.bytes < bytes) {
      const size = Math.max(bytes, leastArena, Math.min(2 * (this.#arena?.bytes ?? 0), mostSpare + bytes));
      this.#arena = new Arena(this.linear.allocate(size), size);
    }
    this.#arena.users++;
    return this.#arena;
  }

  giveBackArena(arena: Arena): void {
    if (--arena.users > 0) return;
    this.linear.free(arena.at, arena.bytes);
    if (this.#arena === arena) this.#arena = null;
  }

  #refresh(): void {
    const { buffer } = this;
    if (this.#buffer === buffer) return;
    this.#buffer = buffer;
    this.#f64 = new Float64Array(buffer);
    this.#u8 = new Uint8Array(buffer);
  }
}

/**
 * Working memory that programs share, as only one runs at a time and nothing in it outlives a run. What needs more than there is
 * gets a larger piece, and what comes later shares that.
 */
export class Arena {
  readonly at: number;
  readonly bytes: number;
  users = 0;

  constructor(at: number, bytes: number) {
    this.at = at;
    this.bytes = bytes;
  }
}

/** Up to this many elements a loop is quicker than `set`. */
const short = 32;

function fill(to: TypedArray, at: number, data: TypedArray): void {
  const n = data.length;
  if (n > short) to.set(data, at);
  else for (let i = 0; i < n; i++) to[at + i] = data[i];
}

function taken(from: TypedArray, at: number, length: number, to: TypedArray): TypedArray {
  if (length > short) to.set(from.subarray(at, at + length));
  else for (let i = 0; i < length; i++) to[i] = from[at + i];
  return to;
}

/** Blocks of memory that are given back together. */
export class Blocks {
  readonly #space: Space;
  readonly #taken: { readonly at: number; readonly bytes: number }[] = [];

  constructor(space: Space) {
    this.#space = space;
  }

  /** Of all blocks that were taken. */
  get bytes(): number {
    return this.#taken.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  take(bytes: number): number {
    const at = this.#space.linear.allocate(bytes);
    this.#taken.push({ at, bytes });
    return at;
  }

  giveBack(): void {
    for (const { at, bytes } of this.#taken.splice(0)) this.#space.linear.free(at, bytes);
  }
}
