import type { BoundGraph } from "../bind/bound.js";
import type { Value } from "../bind/value.js";
import type { AnyPiece, ScanPieces } from "./piece.js";

export interface Read {
  readonly at: number;
  /** Element by element, see `Piece.inPlace`. */
  readonly inPlace: boolean;
}

/** When a root is written first and read, counted in pieces of the whole program. */
export interface Life {
  readonly root: Value;
  /** The loop in whose body it is made; null outside of loops. */
  readonly scope: ScanPieces | null;
  readonly from: number;
  until: number;
  /** By pieces of its own scope; a loop inside counts as one piece. */
  readonly reads: Read[];
}

/** The span of a loop: its start, and the end of its body, where states and results are copied. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Lifetimes {
  readonly lives: ReadonlyMap<Value, Life>;
  readonly spans: ReadonlyMap<ScanPieces, Span>;
  /** After the last piece, where outputs are read and states copied. */
  readonly end: number;
}

export function lifetimesOf(graph: BoundGraph, pieces: readonly AnyPiece[]): Lifetimes {
  const watch = new Watch();
  for (const value of graph.inputs) watch.write(value, null, -1);
  for (const { input } of graph.state) watch.write(input, null, -1);
  watch.walk(pieces, []);
  const end = watch.now++;
  for (const value of graph.outputs) watch.read(value, [], end);
  for (const { output } of graph.state) watch.read(output, [], end);
  return { lives: watch.lives, spans: watch.spans, end };
}

class Watch {
  readonly lives = new Map<Value, Life>();
  readonly spans = new Map<ScanPieces, Span>();
  /** Start positions of loops that are not over yet. */
  readonly #starts = new Map<ScanPieces, number>();
  readonly #ends: { readonly loop: ScanPieces; readonly life: Life }[] = [];
  now = 0;

  write(value: Value, scope: ScanPieces | null, at: number): void {
    const { root } = value;
    if (root.data !== null || this.lives.has(root)) return;
    this.lives.set(root, { root, scope, from: at, until: at, reads: [] });
  }

  read(value: Value, scopes: readonly ScanPieces[], at: number, inPlace = false): void {
    const life = this.lives.get(value.root);
    if (life === undefined) return;
    const inner = scopes[life.scope === null ? 0 : scopes.indexOf(life.scope) + 1];
    if (inner === undefined) {
      life.reads.push({ at, inPlace });
      life.until = Math.max(life.until, at);
    } else {
      life.reads.push({ at: this.#starts.get(inner) as number, inPlace: false });
      this.#ends.push({ loop: inner, life });
    }
  }

  walk(pieces: readonly AnyPiece[], scopes: readonly ScanPieces[]): void {
    const scope = scopes.at(-1) ?? null;
    for (const piece of pieces) {
      if (piece.kind === "scan") {
        this.#loop(piece, scopes);
        continue;
      }
      const at = this.now++;
      for (const value of piece.reads) this.read(value, scopes, at, piece.inPlace?.has(value) ?? false);
      for (const value of [...piece.writes, ...(piece.scratch ?? [])]) this.write(value, scope, at);
    }
  }

  #loop(loop: ScanPieces, scopes: readonly ScanPieces[]): void {
    const { node, body } = loop;
    const start = this.now++;
    this.#starts.set(loop, start);
    const inside = [...scopes, loop];
    for (const value of node.inputs) this.read(value, scopes, start);
    // Sequences are read by every step.
    for (const value of node.inputs.slice(node.states.length)) this.read(value, inside, start);
    for (const value of [...node.states, ...node.slices]) this.write(value, loop, start);
    for (const value of node.outputs) if (value) this.write(value, scopes.at(-1) ?? null, start);
    this.walk(body, inside);
    const end = this.now++;
    for (const value of [...node.nextStates, ...node.results]) this.read(value, inside, end);
    for (const value of node.states) (this.lives.get(value) as Life).until = end;
    for (const value of node.outputs) if (value) this.read(value, scopes, end);
    this.spans.set(loop, { start, end });
    for (const { loop: of, life } of this.#ends) if (of === loop) life.until = Math.max(life.until, end);
  }
}
