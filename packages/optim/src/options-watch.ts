import type { Tensor } from "@unrolled/core";
import { hasMovingMomentum } from "./moving-momentum.js";

/** Rates are given anew to every run; parameters are looked at by themselves. */
const unwatched: ReadonlySet<string> = new Set(["params", "lr", "initialLr"]);

interface WatchedGroup {
  readonly params: readonly Tensor[];
}

interface Seen {
  readonly group: WatchedGroup;
  /** Options, and what they were. */
  readonly keys: readonly string[];
  readonly values: readonly unknown[];
  readonly params: readonly Tensor[];
  readonly momentumMoves: boolean;
}

function see(group: WatchedGroup): Seen {
  const keys = Object.keys(group).filter((key) => !unwatched.has(key));
  const values = keys.map((key) => frozenCopy((group as unknown as Record<string, unknown>)[key]));
  return { group, keys, values, params: [...group.params], momentumMoves: hasMovingMomentum(group) };
}

function frozenCopy(value: unknown): unknown {
  return Array.isArray(value) ? [...value] : value;
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

function isAsSeen({ group, keys, values, params, momentumMoves }: Seen): boolean {
  const options = group as unknown as Record<string, unknown>;
  for (let i = 0; i < keys.length; i++) if (!isSame(options[keys[i]], values[i])) return false;
  return isSame(group.params, params) && hasMovingMomentum(group) === momentumMoves;
}

/** Tells cheaply whether any option but rates was set, or a parameter added, since: compiled steps ask before every run. */
export class OptionsWatch {
  readonly #groups: readonly WatchedGroup[];
  readonly #seen: readonly Seen[];

  constructor(groups: readonly WatchedGroup[]) {
    this.#groups = groups;
    this.#seen = groups.map(see);
  }

  get isUnchanged(): boolean {
    if (this.#groups.length !== this.#seen.length) return false;
    for (let i = 0; i < this.#seen.length; i++)
      if (this.#groups[i] !== this.#seen[i].group || !isAsSeen(this.#seen[i])) return false;
    return true;
  }
}
