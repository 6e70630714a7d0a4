import type { TypedArray } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import type { Engine } from "./engine.js";

/**
 * Blocks of one kernel call: operands copied in, room for results and working space, all given back by `close`. Place and make
 * room for everything before `result`, since allocating may replace the memory's views.
 */
export class Frame {
  readonly #engine: Engine;
  readonly #blocks: number[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Address of `bytes` or more; contents are undefined. */
  room(bytes: number): number {
    const at = this.#engine.memory.allocate(bytes);
    this.#blocks.push(at, bytes);
    return at;
  }

  /** Address of a copy of float32 or int32 elements; 0 for none. */
  place(data: TypedArray | null): number {
    if (data === null) return 0;
    const at = this.room(data.length * 4);
    this.#engine.memory.write(at, data);
    return at;
  }

  /** `n` floats at an address, in an array of its own. */
  result(at: number, n: number): Float32Array {
    const out = allocate("float32", n) as Float32Array;
    this.#engine.memory.read(at, out);
    return out;
  }

  close(): void {
    const blocks = this.#blocks;
    for (let i = 0; i < blocks.length; i += 2) this.#engine.memory.free(blocks[i], blocks[i + 1]);
    blocks.length = 0;
  }
}
