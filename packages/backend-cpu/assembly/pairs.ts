// out[i, j] = f(a[i, j], b[i, j]) for rows x n floats, out contiguous. Element (i, j) of an operand lies `row * i + 4 * step * j` bytes
// from its start; `step` is 0 or 1.
import { storeSome } from "./simd-math";

const ADD: i32 = 0;
const SUB: i32 = 1;
const MUL: i32 = 2;
const DIV: i32 = 3;
const MAXIMUM: i32 = 4;
const MINIMUM: i32 = 5;

/** `op` is a constant at each call, so of the branches one is left. */
// @ts-ignore: decorator
@inline function apply(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return f32x4.add(a, b);
  if (op == SUB) return f32x4.sub(a, b);
  if (op == MUL) return f32x4.mul(a, b);
  if (op == DIV) return f32x4.div(a, b);
  if (op == MAXIMUM) return f32x4.max(a, b);
  return f32x4.min(a, b);
}

// @ts-ignore: decorator
@inline function pairs(op: i32, a: usize, aRow: usize, aStep: i32, b: usize, bRow: usize, bStep: i32, out: usize, rows: i32, n: i32): void {
  for (; rows > 0; rows--) {
    let x = v128.load32_splat(a), y = v128.load32_splat(b);
    let at: usize = 0, left = n;
    for (; left >= 4; left -= 4) {
      if (aStep) x = v128.load(a + at);
      if (bStep) y = v128.load(b + at);
      v128.store(out, apply(op, x, y));
      at += 16;
      out += 16;
    }
    if (left > 0) {
      if (aStep) x = v128.load(a + at);
      if (bStep) y = v128.load(b + at);
      storeSome(out, apply(op, x, y), left);
      out += <usize>left << 2;
    }
    a += aRow;
    b += bRow;
  }
}

export function addPairs(a: usize, aRow: usize, aStep: i32, b: usize, bRow: usize, bStep: i32, out: usize, rows: i32, n: i32): void {
  pairs(ADD, a, aRow, aStep, b, bRow, bStep, out, rows, n);
}
export function subPairs(a: usize, aRow: usize, aStep: i32, b: usize, bRow: usize, bStep: i32, out: usize, rows: i32, n: i32): void {
  pairs(SUB, a, aRow, aStep, b, bRow, bStep, out, rows, n);
}
export function mulPairs(a: usize, aRow: usize, aStep: i32, b: usize, bRow: usize, bStep: i32, out: usize, rows: i32, n: i32): void {
  pairs(MUL, a, aRow, aStep, b, bRow, bStep, out, rows, n);
}
export function divPairs(a: usize, aRow: usize, aStep: i32, b: usize, bRow: usize, bStep: i32, out: usize, rows: i32, n: i32): void {
  pairs(DIV, a, aRow, aStep, b, bRow, bStep, out, rows, n);
}
export function maximumPairs(a: usize, aRow: usize, aStep: i32, b: usize, bRow: usize, bStep: i32, out: usize, rows: i32, n: i32): void {
  pairs(MAXIMUM, a, aRow, aStep, b, bRow, bStep, out, rows, n);
}
export function minimumPairs(a: usize, aRow: usize, aStep: i32, b: usize, bRow: usize, bStep: i32, out: usize, rows: i32, n: i32): void {
  pairs(MINIMUM, a, aRow, aStep, b, bRow, bStep, out, rows, n);
}
