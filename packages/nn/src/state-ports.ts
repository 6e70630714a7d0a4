import type { Tensor } from "@unrolled/core";
import type { Module } from "./module.js";

/** A recurrent layer that runs from no given state. */
export interface StatefulRun {
  readonly module: Module;
  /** What a part of the state is called: `h`, `c`. */
  partName(index: number): string;
  /** Whether a layer needs the end of a sequence before its beginning, so that it cannot go on from a state. */
  readonly bidirectional: boolean;
}

/** Gives recurrent layers the states to begin with, and gets those at their ends. */
export interface StatePorts {
  /** One tensor a part; null for the state that the layer begins with by itself. */
  initial(run: StatefulRun): readonly Tensor[] | null;
  last(run: StatefulRun, state: readonly Tensor[]): void;
}

let current: StatePorts | null = null;

/**
 * Calls a synchronous function in which every recurrent layer that is given no state asks `ports` for one, and hands over its last.
 * So a caller carries the state of a model whose `forward` knows nothing of it: a stream, or an export with states as inputs.
 *
 * @example
 * const ends = new Map<Module, readonly Tensor[]>();
 * const y = withStatePorts({ initial: () => null, last: ({ module }, state) => ends.set(module, state) }, () => model.forward(x));
 */
export function withStatePorts<R>(ports: StatePorts, fn: () => R): R {
  const before = current;
  current = ports;
  try {
    return fn();
  } finally {
    current = before;
  }
}

/** The ports of the innermost `withStatePorts`; null outside. For layers that carry a state. */
export function statePorts(): StatePorts | null {
  return current;
}
