import type { TypedArray } from "@unrolled/backend";
import { erfOf } from "../erf.js";
import type { BoundGraph } from "./bind/bound.js";
import type { Value } from "./bind/value.js";
import { piecesOf } from "./emit/choose.js";
import type { HostOps } from "./emit/host.js";
import { type KernelName, Library } from "./emit/library.js";
import { emitProgram, type StateCopies, stateCopiesOf } from "./emit/program.js";
import { Sequences } from "./emit/sequence/sequence.js";
import { Uses } from "./emit/uses.js";
import type { Code } from "./encode/code.js";
import { ModuleBuilder } from "./encode/module.js";
import { type Layout, layOut, roomFor } from "./plan/layout.js";
import { lifetimesOf } from "./plan/lifetimes.js";
import type { AnyPiece } from "./plan/piece.js";
import { type Homes, homeOf, shareMemory } from "./plan/share.js";
import { type Arena, Blocks, type Space } from "./space.js";

/** A graph of fixed sizes as code and memory. */
export interface Specialisation {
  /** The graph's outputs, where they lie after a run. */
  readonly outputs: readonly Value[];
  readonly mayRaise: boolean;
  readonly run: () => void;
  /** Of the WebAssembly module. */
  readonly codeBytes: number;
  /** Of memory that no other specialisation shares. */
  readonly ownBytes: number;
  addressOf(value: Value): number;
  dispose(): void;
}

/** Multiply-adds above which a call through JavaScript, to reach the other threads, costs nothing beside the work. */
const worthSharing = 5e5;

/** What all specialisations of a program have in common. */
export interface Common {
  readonly host: HostOps;
  readonly space: Space;
  /** Where each state lies. */
  readonly stateAt: readonly number[];
  /** Where the graph's constants lie, by their elements. */
  readonly constantAt: ReadonlyMap<TypedArray, number>;
}

export function specialise(graph: BoundGraph, common: Common): Specialisation {
  const { host, space } = common;
  const pieces = piecesOf(graph.nodes, {
    uses: new Uses(graph),
    host,
    kernels: space.engine.exports,
    sequences: new Sequences(space.engine.exports),
  });
  const lifetimes = lifetimesOf(graph, pieces);
  const homes = shareMemory(graph, pieces, lifetimes);
  const copies = stateCopiesOf(graph, pieces, lifetimes, homes);
  const layout = layOut(graph, lifetimes, homes);
  const blocks = new Blocks(space);
  const arena = space.takeArena(layout.arenaBytes);
  const addresses = new Addresses(graph, common, homes, layout, blocks, arena);
  const { bytes, calls } = assemble(pieces, copies, addresses, space);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: {
      ...space.engine.exports,
      memory: space.linear.memory,
      host: (i: number) => calls[i](),
      sin: Math.sin,
      cos: Math.cos,
      erf: erfOf,
    },
  });
  return {
    outputs: copies.outputs,
    // A thread that fails raises in any large kernel.
    mayRaise: anyRaises(pieces) || space.engine.threads > 1,
    run: instance.exports.run as () => void,
    codeBytes: bytes.length,
    ownBytes: blocks.bytes,
    addressOf: (value) => addresses.of(value),
    dispose: () => {
      blocks.giveBack();
      space.giveBackArena(arena);
    },
  };
}

function anyRaises(pieces: readonly AnyPiece[]): boolean {
  return pieces.some((piece) => (piece.kind === "scan" ? anyRaises(piece.body) : piece.mayRaise));
}

/** Byte addresses of all values. Constants are written when they are first asked for. */
class Addresses {
  readonly #states: Map<Value, number>;
  readonly #homes: Homes;
  readonly #layout: Layout;
  readonly #arenaAt: number;
  readonly #constants = new Map<Value, number>();
  readonly #blocks: Blocks;
  readonly #common: Common;

  constructor(graph: BoundGraph, common: Common, homes: Homes, layout: Layout, blocks: Blocks, arena: Arena) {
    this.#common = common;
    this.#states = new Map(graph.state.map(({ input }, i) => [input, common.stateAt[i]]));
    this.#homes = homes;
    this.#layout = layout;
    this.#blocks = blocks;
    this.#arenaAt = arena.at;
  }

  of(value: Value): number {
    const { root, offset } = value;
    if (root.data !== null) return this.#constant(root, root.data) + offset;
    const home = homeOf(this.#homes, root);
    const state = this.#states.get(home);
    if (state !== undefined) return state + offset;
    const at = this.#layout.arena.get(home);
    if (at === undefined) throw new Error("a value has no place in memory");
    return this.#arenaAt + at + offset;
  }

  place(data: TypedArray): number {
    const at = this.#blocks.take(roomFor(data.byteLength));
    this.#common.space.write(data, at);
    return at;
  }

  #constant(root: Value, data: TypedArray): number {
    const known = this.#constants.get(root) ?? this.#common.constantAt.get(data);
    if (known !== undefined) return known;
    const at = this.place(data);
    this.#constants.set(root, at);
    return at;
  }
}

function assemble(
  pieces: readonly AnyPiece[],
  copies: StateCopies,
  addresses: Addresses,
  space: Space,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly calls: readonly (() => void)[] } {
  const builder = new ModuleBuilder(space.linear.shared);
  const library = new Library(builder, space.engine.exports);
  const calls: (() => void)[] = [];
  const callHost = (code: Code, call: () => void): void => {
    calls.push(call);
    code.i32(calls.length - 1).call(library.host);
  };
  const view = (value: Value): (() => TypedArray) => {
    const at = addresses.of(value);
    let buffer: ArrayBufferLike | null = null;
    let array: TypedArray = space.view(value.dtype, at, 0);
    return () => {
      if (buffer !== space.buffer) {
        buffer = space.buffer;
        array = space.view(value.dtype, at, value.length);
      }
      return array;
    };
  };
  const { engine } = space;
  const run = emitProgram(pieces, copies, builder, (code) => ({
    code,
    library,
    address: (value) => ({ local: null, offset: addresses.of(value) }),
    view,
    place: (words) => addresses.place(words),
    callHost: (call) => callHost(code, call),
    callKernel: (name, args, work) => {
      if (engine.threads > 1 && work > worthSharing) {
        callHost(code, () => (engine.run as (kernel: KernelName, ...all: readonly number[]) => void)(name, ...args));
        return;
      }
      for (const one of args) code.i32(one);
      code.i32(0).i32(1).call(library.kernel(name));
    },
  }));
  builder.export("run", run);
  return { bytes: builder.finish(), calls };
}
