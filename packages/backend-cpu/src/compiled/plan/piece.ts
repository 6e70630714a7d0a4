import type { BoundScan } from "../bind/bound.js";
import type { Value } from "../bind/value.js";
import type { Emission } from "../emit/emission.js";

/** A part of the program with the memory that it touches. */
export interface Piece {
  readonly kind: "piece";
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
  /** Needed while it runs. */
  readonly scratch?: readonly Value[];
  /** Inputs of which element i is read before element i of the outputs is written, and no other: an output may take their place. */
  readonly inPlace?: ReadonlySet<Value>;
  readonly mayRaise: boolean;
  emit(emission: Emission): void;
}

/** A loop with its own pieces. */
export interface ScanPieces {
  readonly kind: "scan";
  readonly node: BoundScan;
  readonly body: readonly AnyPiece[];
}

export type AnyPiece = Piece | ScanPieces;
