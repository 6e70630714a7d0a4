import type { KernelExports } from "../../../wasm/kernel-exports.js";
import type { Value } from "../../bind/value.js";
import type { Emission } from "../emission.js";
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

export function emitProduct(emission: Emission, given: Product, scratch: Value | null): void {
  const product = turned(given);
  const way = wayOf(product, product.a, product.b);
  if (way === "columns") emitColumns(emission.code, product);
  else if (way === "dots") emitDots(emission.code, product);
  else callMatmul(emission, given, scratch);
}

function callMatmul(
  { address, callKernel }: Emission,
  { m, n, k, a, b, c, start }: Product,
  scratch: Value | null,
): void {
  const operand = ({ address: { offset }, row, column }: Matrix, columns: number): number[] => {
    const isTransposed = column !== 1 && columns > 1;
    return [offset, 4 * (isTransposed ? column : row), isTransposed ? 1 : 0];
  };
  const panels = scratch ? address(scratch).offset : 0;
  const result = [c.offset, 4 * n, start ? start.offset : 0, 0];
  callKernel("matmul", [m, n, k, ...operand(a, k), ...operand(b, n), ...result, panels], m * n * k);
}
