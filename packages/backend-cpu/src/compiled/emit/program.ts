import type { BoundGraph } from "../bind/bound.js";
import { Value } from "../bind/value.js";
import { Code } from "../encode/code.js";
import type { ModuleBuilder } from "../encode/module.js";
import type { Life, Lifetimes } from "../plan/lifetimes.js";
import type { AnyPiece, ScanPieces } from "../plan/piece.js";
import { type Homes, homeOf } from "../plan/share.js";
import { emitCopy } from "./copy.js";
import type { Emission } from "./emission.js";

export interface Move {
  readonly from: Value;
  readonly to: Value;
}

/** What is copied when the pieces of a scope are through. */
export interface StateCopies {
  /** The outermost scope's moves stand under null. */
  readonly moves: ReadonlyMap<ScanPieces | null, readonly Move[]>;
  /** The graph's outputs, where they lie after a run. */
  readonly outputs: readonly Value[];
}

/**
 * New states that do not lie in the place of the old ones. What they overwrite and is still needed, other new states and outputs,
 * waits in memory of its own, which gets a life.
 */
export function stateCopiesOf(
  graph: BoundGraph,
  pieces: readonly AnyPiece[],
  lifetimes: Lifetimes,
  homes: Homes,
): StateCopies {
  const all = new Map<ScanPieces | null, readonly Move[]>();
  const lives = lifetimes.lives as Map<Value, Life>;
  const place = (value: Value): Value => homeOf(homes, value);
  const add = (
    scope: ScanPieces | null,
    states: readonly Value[],
    next: readonly Value[],
    at: number,
    kept: readonly Value[] = [],
  ): readonly Value[] => {
    const moves = states.flatMap((to, i) =>
      place(next[i]) === place(to) && next[i].offset === 0 ? [] : [{ from: next[i], to }],
    );
    const overwritten = new Set(moves.map(({ to }) => place(to)));
    const first: Move[] = [];
    const saved = (value: Value): Value => {
      if (!overwritten.has(place(value))) return value;
      const waiting = Value.made(value);
      lives.set(waiting, { root: waiting, scope, from: at, until: at, reads: [] });
      first.push({ from: value, to: waiting });
      return waiting;
    };
    const then = moves.map(({ from, to }) => ({ from: saved(from), to }));
    const values = kept.map(saved);
    all.set(scope, [...first, ...then]);
    return values;
  };
  const visit = (list: readonly AnyPiece[]): void => {
    for (const piece of list) {
      if (piece.kind === "piece") continue;
      const { end } = lifetimes.spans.get(piece) as { end: number };
      add(piece, piece.node.states, piece.node.nextStates, end);
      visit(piece.body);
    }
  };
  visit(pieces);
  const outputs = add(
    null,
    graph.state.map(({ input }) => input),
    graph.state.map(({ output }) => output),
    lifetimes.end,
    graph.outputs,
  );
  return { moves: all, outputs };
}

type Open = (code: Code) => Emission;

/** Emits the whole program; returns the number of its function. */
export function emitProgram(
  pieces: readonly AnyPiece[],
  copies: StateCopies,
  builder: ModuleBuilder,
  open: Open,
): number {
  const index = builder.declare({ parameters: [], results: [] });
  const code = new Code();
  const emission = open(code);
  emitPieces(pieces, copies, builder, emission, open);
  for (const { from, to } of copies.moves.get(null) ?? []) emitMove(emission, to, from);
  builder.define(index, code);
  return index;
}

function emitPieces(
  pieces: readonly AnyPiece[],
  copies: StateCopies,
  builder: ModuleBuilder,
  emission: Emission,
  open: Open,
): void {
  for (const piece of pieces) {
    if (piece.kind === "piece") piece.emit(emission);
    else emitScan(piece, copies, builder, emission, open);
  }
}

/** One step is a function of its own, so that the engine can swap in better code while the loop runs. */
function emitScan(scan: ScanPieces, copies: StateCopies, builder: ModuleBuilder, emission: Emission, open: Open): void {
  const { node } = scan;
  const { steps, reverse } = node;
  const { code } = emission;
  node.states.forEach((state, i) => {
    emitMove(emission, state, node.inputs[i]);
  });
  if (steps === 0) return;
  const step = builder.declare({ parameters: ["i32"], results: [] });
  builder.define(step, stepOf(scan, copies, builder, open));
  code.loop(steps, 1, (counter) => {
    if (reverse)
      code
        .i32(steps - 1)
        .get(counter)
        .op("i32.sub");
    else code.get(counter);
    code.call(step);
  });
}

function stepOf(scan: ScanPieces, copies: StateCopies, builder: ModuleBuilder, open: Open): Code {
  const { node, body } = scan;
  const code = new Code(["i32"]);
  const emission = open(code);
  const { address } = emission;
  const offset = code.local("i32");
  const offsetOf = (bytes: number): number => {
    code.get(0).i32(bytes).op("i32.mul").set(offset);
    return offset;
  };
  node.slices.forEach((slice, i) => {
    const sequence = address(node.inputs[node.states.length + i]);
    emitCopy(code, address(slice), { ...sequence, local: offsetOf(slice.bytes) }, slice.bytes);
  });
  emitPieces(body, copies, builder, emission, open);
  node.results.forEach((result, i) => {
    const stacked = node.outputs[node.states.length + i];
    if (stacked) emitCopy(code, { ...address(stacked), local: offsetOf(result.bytes) }, address(result), result.bytes);
  });
  for (const { from, to } of copies.moves.get(scan) ?? []) emitMove(emission, to, from);
  return code;
}

function emitMove({ code, address }: Emission, to: Value, from: Value): void {
  const [target, source] = [address(to), address(from)];
  if (target.offset !== source.offset || target.local !== source.local) emitCopy(code, target, source, to.bytes);
}
