/** Keeps the values of the keys used last. */
export class ShapeCache<T> {
  readonly #size: number;
  readonly #dropped: (value: T) => void;
  readonly #values = new Map<string, T>();

  constructor(size: number, dropped: (value: T) => void) {
    this.#size = size;
    this.#dropped = dropped;
  }

  get(key: string, make: () => T): T {
    const known = this.#values.get(key);
    const value = known === undefined ? make() : known;
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#size) {
      const [[oldest, dropped]] = this.#values;
      this.#values.delete(oldest);
      this.#dropped(dropped);
    }
    return value;
  }
}
