import type { TypedArray } from "@unrolled/backend";
import type { Engine } from "../wasm/engine.js";

/** Floats of a block. Long arrays pass through in pieces that stay in the second cache, so that memory does not grow with them. */
export const PIECE = 16384;
const BLOCKS = 5;
/** Below this many elements a plain loop beats `TypedArray.prototype.set`. */
const SHORT = 48;

/** Blocks of WebAssembly memory that element by element kernels share: nothing in them survives a call. */
export class Workspace {
  readonly engine: Engine;
  readonly #start: number;

  constructor(engine: Engine) {
    this.engine = engine;
    this.#start = engine.memory.allocate(BLOCKS * PIECE * 4);
  }

  /** Address of a block. */
  at(block: number): number {
    return this.#start + block * PIECE * 4;
  }

  /** Copies `n` elements into a block. */
  copyIn(block: number, from: TypedArray, start: number, n: number): void {
    const memory = this.engine.memory.f32;
    const to = this.at(block) >> 2;
    if (n < SHORT) for (let i = 0; i < n; i++) memory[to + i] = from[start + i];
    else memory.set(n === from.length ? from : from.subarray(start, start + n), to);
  }

  /** Copies the first `n` elements of a block out. */
  copyOut(block: number, to: TypedArray, start: number, n: number): void {
    const memory = this.engine.memory.f32;
    const from = this.at(block) >> 2;
    if (n < SHORT) for (let i = 0; i < n; i++) to[start + i] = memory[from + i];
    else to.set(memory.subarray(from, from + n), start);
  }
}

const workspaces = new WeakMap<Engine, Workspace>();
let latest: Workspace | null = null;

export function workspaceOf(engine: Engine): Workspace {
  if (latest?.engine === engine) return latest;
  let workspace = workspaces.get(engine);
  if (!workspace) {
    workspace = new Workspace(engine);
    workspaces.set(engine, workspace);
  }
  latest = workspace;
  return workspace;
}
