import type { KernelExports } from "../../../wasm/kernel-exports.js";
import type { Address, Code } from "../../encode/code.js";
import type { Library } from "../library.js";
import { emitColumns } from "./columns.js";
import { emitDots } from "./dots.js";
import type { Matrix, Product } from "./matrix.js";

/** Up to this many vector products are written out one after the other. */
const mostUnrolled = 192;

/** Which way a product is written out: along rows of b, along columns of both, or not at all. */
type Way = "columns" | "dots" | null;

type Sizes = Pick<Product, "m" | "n" | "k">;
type Strides = Pick<Matrix, "row" | "column">;

function wayOf({ m, n, k }: Sizes, a: Strides, b: Strides): Way {
  if (m * Math.ceil(n / 4) * k <= mostUnrolled && (b.column === 1 || n === 1) && (n > 1 || k === 1)) return "columns";
  const dots = m * n * (Math.ceil(k / 4) + 2) <= mostUnrolled;
  if (dots && (a.column === 1 || k === 1) && (b.row === 1 || k === 1)) return "dots";
  return null;
}

/** A product with one column, as one with one row. */
function turned(product: Product): Product {
  const { m, n, a, b, start } = product;
  if (n !== 1 || m === 1 || a.row !== 1 || start !== null) return product;
  const across = ({ address, row, column }: Matrix): Matrix => ({ address, row: column, column: row });
  return { ...product, m: n, n: m, a: across(b), b: across(a) };
}

/** Bytes of working space that a product needs. */
export function productScratch({ m, n, k }: Sizes, kernels: KernelExports): number {
  return kernels.isSmallMatmul(m, n, k) ? 0 : kernels.panelBytes(n, k);
}

export function emitProduct(code: Code, library: Library, given: Product, scratch: Address | null): void {
  const product = turned(given);
  const way = wayOf(product, product.a, product.b);
  if (way === "columns") emitColumns(code, product);
  else if (way === "dots") emitDots(code, product);
  else callKernel(code, library, given, scratch);
}

function callKernel(code: Code, library: Library, { m, n, k, a, b, c, start }: Product, scratch: Address | null): void {
  const operand = ({ address, row, column }: Matrix, columns: number): void => {
    const isTransposed = column !== 1 && columns > 1;
    code
      .pointer(address)
      .i32(4 * (isTransposed ? column : row))
      .i32(isTransposed ? 1 : 0);
  };
  code.i32(m).i32(n).i32(k);
  operand(a, k);
  operand(b, n);
  code.pointer(c).i32(4 * n);
  if (start) code.pointer(start);
  else code.i32(0);
  code.i32(0);
  if (scratch) code.pointer(scratch);
  else code.i32(0);
  code.i32(0).i32(1).call(library.kernel("matmul"));
}
