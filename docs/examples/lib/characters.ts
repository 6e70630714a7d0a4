/** Fills a batch up after the end of a short name. */
export const padding = 0;
/** Stands before the first character of a name and after the last. */
export const boundary = 1;

/** Numbers for the characters of a list of names. */
export class Characters {
  /** All that occur, in the order of their numbers. */
  readonly known: string;
  /** Numbers in use, with padding and boundary. */
  readonly size: number;

  constructor(names: readonly string[]) {
    this.known = [...new Set(names.join(""))].sort().join("");
    this.size = this.known.length + 2;
  }

  numbersOf(text: string): number[] {
    return Array.from(text, (character) => this.known.indexOf(character) + 2);
  }

  characterOf(number: number): string {
    return this.known[number - 2];
  }
}
