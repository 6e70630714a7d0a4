import { behind, type Code } from "../../encode/code.js";
import { element, type Product } from "./matrix.js";

/** Columns `from` to `from + width` of c, width 4, 2 or 1. */
interface Strip {
  readonly from: number;
  readonly width: number;
}

const blockRows = 4;
const blockStrips = 2;

/** The last vector of a row may overlap the one before: both give the same numbers. */
function stripsOf(n: number): Strip[] {
  const strips: Strip[] = [];
  let from = 0;
  for (; from + 4 <= n; from += 4) strips.push({ from, width: 4 });
  if (from < n && n > 4) return [...strips, { from: n - 4, width: 4 }];
  if (n - from >= 2) {
    strips.push({ from, width: 2 });
    from += 2;
  }
  if (from < n) strips.push({ from, width: 1 });
  return strips;
}

const loads = { 4: "v128.load", 2: "v128.load64_zero", 1: "v128.load32_zero" } as const;
type Width = keyof typeof loads;

/** Sums of rows of b, each times an element of a, all written out; the rows of b are contiguous. */
export function emitColumns(code: Code, product: Product): void {
  const strips = stripsOf(product.n);
  for (let i = 0; i < product.m; i += blockRows) {
    const rows = Math.min(blockRows, product.m - i);
    for (let s = 0; s < strips.length; s += blockStrips)
      code.scoped(() => emitBlock(code, product, i, rows, strips.slice(s, s + blockStrips)));
  }
}

function emitBlock(code: Code, { n, k, a, b, c, start }: Product, first: number, rows: number, strips: Strip[]): void {
  const sums = Array.from({ length: rows }, () => strips.map(() => code.local("v128")));
  for (let p = 0; p < k; p++) {
    const right = strips.map(({ from, width }) => {
      code.load(loads[width as Width], element(b, p, from));
      return code.keep("v128");
    });
    sums.forEach((row, r) => {
      code.load("v128.load32_splat", element(a, first + r, p));
      const factor = code.keep("v128");
      row.forEach((sum, s) => {
        const begins = p === 0 && start === null;
        if (p > 0) code.get(sum);
        else if (start) code.load(loads[strips[s].width as Width], behind(start, 4 * strips[s].from));
        code.get(factor).get(right[s]).simd("f32x4.mul");
        if (!begins) code.simd("f32x4.add");
        code.set(sum);
      });
      code.release(factor);
    });
    code.release(...right);
  }
  sums.forEach((row, r) => {
    row.forEach((sum, s) => {
      const { from, width } = strips[s];
      const to = behind(c, 4 * ((first + r) * n + from));
      code.base(to).get(sum);
      if (width === 4) code.store("v128.store", to);
      else code.storeLane(width === 2 ? 8 : 4, to);
    });
  });
}
