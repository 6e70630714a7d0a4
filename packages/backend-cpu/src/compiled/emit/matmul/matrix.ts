import { type Address, behind } from "../../encode/code.js";

/** Element (i, j) lies `i * row + j * column` elements behind the address. */
export interface Matrix {
  readonly address: Address;
  readonly row: number;
  readonly column: number;
}

/** c [m, n] = start + a b, with c row-major. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: Address;
  /** A row that every row starts from; null: zeros. */
  readonly start: Address | null;
}

export function element({ address, row, column }: Matrix, i: number, j: number): Address {
  return behind(address, 4 * (i * row + j * column));
}
