/** What code of one combination of sizes takes, however short it is: engines' records of a module, measured in V8. */
const bytesOfModule = 48e3;
/** Machine code and its tables, by the byte of WebAssembly, measured in V8. */
const bytesPerCodeByte = 4;
/** What a program's code may take together: for small nets some 350 to 1,200 combinations of sizes. */
const mostBytes = 64e6;

/** Code that was made, with the memory of its own. */
export interface Keepable {
  readonly code: { readonly codeBytes: number; readonly ownBytes: number; dispose(): void };
}

interface Entry<T extends Keepable> {
  readonly hash: number;
  readonly one: T;
  used: number;
}

/** Code by the hash of its inputs' shapes. What was used longest ago goes when all takes more than its budget. */
export class Kept<T extends Keepable> {
  readonly #byHash = new Map<number, Entry<T>[]>();
  #bytes = 0;
  #clock = 0;

  find(hash: number, fits: (one: T) => boolean): T | null {
    const entry = this.#byHash.get(hash)?.find(({ one }) => fits(one));
    if (entry === undefined) return null;
    entry.used = ++this.#clock;
    return entry.one;
  }

  add(hash: number, one: T): void {
    this.#bytes += bytesOf(one);
    if (this.#bytes > mostBytes) this.#dropOldest();
    const entry = { hash, one, used: ++this.#clock };
    const list = this.#byHash.get(hash);
    if (list) list.push(entry);
    else this.#byHash.set(hash, [entry]);
  }

  dispose(): void {
    for (const list of this.#byHash.values()) for (const { one } of list) one.code.dispose();
    this.#byHash.clear();
    this.#bytes = 0;
  }

  #dropOldest(): void {
    const oldestLast = [...this.#byHash.values()].flat().sort((a, b) => b.used - a.used);
    while (this.#bytes > mostBytes) {
      const oldest = oldestLast.pop();
      if (oldest === undefined) return;
      this.#drop(oldest);
    }
  }

  #drop(entry: Entry<T>): void {
    const rest = this.#byHash.get(entry.hash)?.filter((other) => other !== entry) ?? [];
    if (rest.length === 0) this.#byHash.delete(entry.hash);
    else this.#byHash.set(entry.hash, rest);
    this.#bytes -= bytesOf(entry.one);
    entry.one.code.dispose();
  }
}

function bytesOf({ code }: Keepable): number {
  return bytesOfModule + bytesPerCodeByte * code.codeBytes + code.ownBytes;
}
