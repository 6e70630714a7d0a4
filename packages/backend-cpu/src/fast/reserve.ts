import type { Engine } from "../wasm/engine.js";

/** Bytes of reserves that may wait in WebAssembly memory; what comes on top waits in arrays that the garbage collector frees. */
const MOST_WAITING = 256 * 2 ** 20;

const waiting = new WeakMap<Engine, { bytes: number }>();

/**
 * What a forward pass keeps for its backward pass. It stays in WebAssembly memory, and goes back to the pool on release or, should
 * the tape be dropped unused, when the reserve is collected. Beyond a limit, so that a loop without backward passes cannot fill the
 * memory before a collection, it moves to an array.
 */
export class Reserve {
  /** Whose memory it is: the backward pass runs there. */
  readonly engine: Engine;
  readonly #bytes: number;
  #at: number;
  #array: Float32Array | null = null;

  /** Takes over a block of `bytes` at `at`. */
  constructor(engine: Engine, at: number, bytes: number) {
    this.engine = engine;
    this.#at = at;
    this.#bytes = bytes;
    const pool = poolOf(engine);
    if (pool.bytes + bytes > MOST_WAITING) {
      this.#array = engine.memory.f32.slice(at >> 2, (at + bytes) >> 2);
      engine.memory.free(at, bytes);
      this.#at = 0;
    } else {
      pool.bytes += bytes;
      abandoned.register(this, { engine, at, bytes }, this);
    }
  }

  /** Calls `fn` with the address of the contents. */
  use<R>(fn: (at: number) => R): R {
    const { memory } = this.engine;
    if (this.#array === null) return fn(this.#at);
    const at = memory.allocate(this.#bytes);
    memory.write(at, this.#array);
    try {
      return fn(at);
    } finally {
      memory.free(at, this.#bytes);
    }
  }

  release(): void {
    this.#array = null;
    if (this.#at === 0) return;
    abandoned.unregister(this);
    giveBack({ engine: this.engine, at: this.#at, bytes: this.#bytes });
    this.#at = 0;
  }
}

interface Block {
  readonly engine: Engine;
  readonly at: number;
  readonly bytes: number;
}

const abandoned = new FinalizationRegistry<Block>(giveBack);

function giveBack({ engine, at, bytes }: Block): void {
  engine.memory.free(at, bytes);
  poolOf(engine).bytes -= bytes;
}

function poolOf(engine: Engine): { bytes: number } {
  let pool = waiting.get(engine);
  if (!pool) {
    pool = { bytes: 0 };
    waiting.set(engine, pool);
  }
  return pool;
}
