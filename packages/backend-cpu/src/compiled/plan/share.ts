import type { BoundGraph } from "../bind/bound.js";
import type { Value } from "../bind/value.js";
import type { Life, Lifetimes } from "./lifetimes.js";
import type { AnyPiece, ScanPieces } from "./piece.js";

/** Which roots lie in the place of another one, so that states need not be copied. */
export type Homes = ReadonlyMap<Value, Value>;

/** The root whose memory a value uses. */
export function homeOf(homes: Homes, value: Value): Value {
  let { root } = value;
  for (let next = homes.get(root); next; next = homes.get(root)) root = next;
  return root;
}

/**
 * Finds new states that may take the place of the old ones, and loops that may run in the place of their first states.
 * A run that raises half-way therefore leaves half-new states, and whoever may raise must keep a copy.
 */
export function shareMemory(graph: BoundGraph, pieces: readonly AnyPiece[], lifetimes: Lifetimes): Homes {
  const sharing = new Sharing(lifetimes);
  sharing.loops(pieces, null);
  sharing.states(
    graph.state.map(({ input }) => input),
    graph.state.map(({ output }) => output),
  );
  return sharing.homes;
}

class Sharing {
  readonly homes = new Map<Value, Value>();
  readonly #lifetimes: Lifetimes;
  /** Roots in whose place a loop runs. */
  readonly #taken = new Set<Value>();

  constructor(lifetimes: Lifetimes) {
    this.#lifetimes = lifetimes;
  }

  loops(pieces: readonly AnyPiece[], scope: ScanPieces | null): void {
    for (const piece of pieces) {
      if (piece.kind === "piece") continue;
      this.#firstStates(piece, scope);
      this.loops(piece.body, piece);
      this.states(piece.node.states, piece.node.nextStates);
      piece.node.states.forEach((state, i) => {
        const last = piece.node.outputs[i];
        if (last) this.homes.set(last, state);
      });
    }
  }

  /** A loop works in the place of a first state that is made in the same scope and that nobody needs afterwards. */
  #firstStates(loop: ScanPieces, scope: ScanPieces | null): void {
    const { start } = this.#lifetimes.spans.get(loop) as { start: number };
    loop.node.states.forEach((state, i) => {
      const { root, offset } = loop.node.inputs[i];
      const life = this.#lifetimes.lives.get(root);
      if (life?.scope !== scope || offset !== 0 || root.bytes !== state.bytes || this.#taken.has(root)) return;
      if (life.reads.filter(({ at }) => at >= start).length > 1) return;
      this.#taken.add(root);
      this.homes.set(state, root);
    });
  }

  states(states: readonly Value[], nextStates: readonly Value[]): void {
    states.forEach((state, i) => {
      const { root: next, offset } = nextStates[i];
      const after = this.#lifetimes.lives.get(next);
      const before = this.#lifetimes.lives.get(state) as Life;
      if (after?.scope !== before.scope || after.from <= before.from) return;
      if (next.bytes !== state.bytes || offset !== 0) return;
      if (this.homes.has(next) || this.#taken.has(next) || this.#taken.has(state)) return;
      if (!before.reads.every(({ at, inPlace }) => at < after.from || (at === after.from && inPlace))) return;
      this.homes.set(next, state);
    });
  }
}
