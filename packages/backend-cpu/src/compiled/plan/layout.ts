import type { BoundGraph } from "../bind/bound.js";
import type { Value } from "../bind/value.js";
import type { Lifetimes } from "./lifetimes.js";
import { type Homes, homeOf } from "./share.js";

/** Vector instructions may read up to three elements behind the last one, and zeros are written by the vector. */
const slack = 16;
const grain = 16;

export function roomFor(bytes: number): number {
  return Math.ceil(bytes / grain) * grain + slack;
}

/** Large blocks begin on cache lines. */
function aligned(at: number, bytes: number): number {
  return bytes < 512 ? at : Math.ceil(at / 64) * 64;
}

/** Where every root lies behind the start of its block; states and constants have blocks of their own. */
export interface Layout {
  readonly arena: ReadonlyMap<Value, number>;
  readonly arenaBytes: number;
}

interface Placed {
  readonly from: number;
  readonly until: number;
  readonly start: number;
  readonly end: number;
}

/** Gives roots whose lives do not meet the same memory: large ones first, each at the lowest address that is free. */
export function layOut(graph: BoundGraph, lifetimes: Lifetimes, homes: Homes): Layout {
  const states = new Set<Value>(graph.state.map(({ input }) => input));
  const spans = new Map<Value, { from: number; until: number }>();
  for (const { root, from, until } of lifetimes.lives.values()) {
    const home = homeOf(homes, root);
    if (states.has(home)) continue;
    const span = spans.get(home);
    spans.set(home, span ? { from: Math.min(span.from, from), until: Math.max(span.until, until) } : { from, until });
  }
  const order = [...spans].sort(([a], [b]) => b.bytes - a.bytes);
  const placed: Placed[] = [];
  const arena = new Map<Value, number>();
  let arenaBytes = 0;
  for (const [root, { from, until }] of order) {
    const room = roomFor(root.bytes);
    const meeting = placed.filter((one) => one.from <= until && from <= one.until).sort((a, b) => a.start - b.start);
    let start = 0;
    for (const one of meeting) {
      if (start + room <= one.start) break;
      start = Math.max(start, aligned(one.end, root.bytes));
    }
    placed.push({ from, until, start, end: start + room });
    arena.set(root, start);
    arenaBytes = Math.max(arenaBytes, start + room);
  }
  return { arena, arenaBytes };
}
