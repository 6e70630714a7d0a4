import type { Module } from "./module.js";

/** An object's own properties, and the items of those that are arrays, as they were. */
interface Seen {
  readonly owner: Readonly<Record<string, unknown>>;
  readonly keys: readonly string[];
  readonly values: readonly unknown[];
  /** Copies of the arrays among the values; null for others. */
  readonly items: readonly (readonly unknown[] | null)[];
}

function see(module: Module): Seen {
  const owner = module as unknown as Readonly<Record<string, unknown>>;
  const keys = Object.keys(owner);
  const values = keys.map((key) => owner[key]);
  return { owner, keys, values, items: values.map((value) => (Array.isArray(value) ? [...value] : null)) };
}

function isAsSeen({ owner, keys, values, items }: Seen): boolean {
  let i = 0;
  for (const key in owner) {
    if (key !== keys[i]) return false;
    const value = owner[key];
    if (!Object.is(value, values[i])) return false;
    const list = items[i++];
    if (list !== null && !areSame(value as readonly unknown[], list)) return false;
  }
  return i === keys.length;
}

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** Tells cheaply whether anything was set in modules since: compiled steps ask before every run. */
export class SettingsWatch {
  readonly #seen: readonly Seen[];
  readonly #learning: readonly { readonly requiresGrad: boolean }[];
  readonly #learned: readonly boolean[];

  /** @param modules all there are
   *  @param parameters of which it matters whether they learn */
  constructor(modules: readonly Module[], parameters: readonly { readonly requiresGrad: boolean }[]) {
    this.#seen = modules.map(see);
    this.#learning = parameters;
    this.#learned = parameters.map(({ requiresGrad }) => requiresGrad);
  }

  get isUnchanged(): boolean {
    for (let i = 0; i < this.#seen.length; i++) if (!isAsSeen(this.#seen[i])) return false;
    for (let i = 0; i < this.#learning.length; i++)
      if (this.#learning[i].requiresGrad !== this.#learned[i]) return false;
    return true;
  }
}
