// The right operand of a product goes into panels of 8 columns, [panel][k][8], then one of 4 where 4 or fewer are left, filled up
// with zeros. Panel by panel: writing row by row would touch addresses a power of two apart, at half the speed.

// @ts-ignore: decorator
@inline export function roundUp4(n: i32): i32 { return (n + 3) & ~3; }

// @ts-ignore: decorator
@inline export function panelWidth(column: i32, n: i32): i32 { return n - column > 4 ? 8 : 4; }

/** Columns that panels for n columns have. */
export function panelColumns(n: i32): i32 {
  const rest = n & 7;
  return (n & ~7) + (rest == 0 ? 0 : rest > 4 ? 8 : 4);
}

/** Bytes of panels for a right operand [k, n]. */
export function panelBytes(n: i32, k: i32): usize {
  return <usize>panelColumns(n) * <usize>k << 2;
}

/** Columns `first` to `last` of row-major b [rows, n] (`first` a multiple of 8) as rows `k0` to `k0 + rows` of panels with `k` rows. */
export function packRows(b: usize, bStride: usize, panels: usize, k: i32, k0: i32, rows: i32, n: i32, first: i32, last: i32): void {
  for (let j = first, width = 0; j < last; j += width) {
    width = panelWidth(j, n);
    let from = b + (<usize>j << 2);
    let to = panels + ((<usize>j * <usize>k + <usize>k0 * <usize>width) << 2);
    const valid = min(width, n - j);
    if (valid == 8) {
      for (let r = rows; r > 0; r--) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        from += bStride;
        to += 32;
      }
    } else if (valid == 4) {
      for (let r = rows; r > 0; r--) {
        v128.store(to, v128.load(from));
        from += bStride;
        to += 16;
      }
    } else {
      for (let r = rows; r > 0; r--) {
        for (let c = 0; c < width; c++) store<f32>(to + (<usize>c << 2), c < valid ? load<f32>(from + (<usize>c << 2)) : 0);
        from += bStride;
        to += <usize>width << 2;
      }
    }
  }
}

/** Columns `first` to `last` of b^T, where b is row-major [n, k] (`first` a multiple of 8). */
export function packTransposed(b: usize, bStride: usize, panels: usize, k: i32, n: i32, first: i32, last: i32): void {
  for (let j = first, width = 0; j < last; j += width) {
    width = panelWidth(j, n);
    const step: usize = <usize>width << 2;
    for (let c = 0; c < width; c += 4) {
      const to = panels + ((<usize>j * <usize>k + <usize>c) << 2);
      const from = b + <usize>(j + c) * bStride;
      if (j + c + 4 <= n) packFourLines(from, bStride, to, step, k);
      else packFewLines(from, bStride, to, step, k, max(0, n - j - c));
    }
  }
}

/** Four rows become four neighbouring columns. */
function packFourLines(from: usize, stride: usize, to: usize, step: usize, k: i32): void {
  let s0 = from, s1 = s0 + stride, s2 = s1 + stride, s3 = s2 + stride;
  for (; k >= 4; k -= 4) {
    const a = v128.load(s0), b = v128.load(s1), c = v128.load(s2), d = v128.load(s3);
    const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5), abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(abLow, cdLow, 0, 2)); to += step;
    v128.store(to, v128.shuffle<f64>(abLow, cdLow, 1, 3)); to += step;
    v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 0, 2)); to += step;
    v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 1, 3)); to += step;
    s0 += 16; s1 += 16; s2 += 16; s3 += 16;
  }
  for (; k > 0; k--) {
    store<f32>(to, load<f32>(s0));
    store<f32>(to, load<f32>(s1), 4);
    store<f32>(to, load<f32>(s2), 8);
    store<f32>(to, load<f32>(s3), 12);
    to += step;
    s0 += 4; s1 += 4; s2 += 4; s3 += 4;
  }
}

function packFewLines(from: usize, stride: usize, to: usize, step: usize, k: i32, lines: i32): void {
  for (; k > 0; k--) {
    for (let c = 0; c < 4; c++) {
      store<f32>(to + (<usize>c << 2), c < lines ? load<f32>(from + <usize>c * stride) : 0);
    }
    to += step;
    from += 4;
  }
}

/** Rows of the next tile where `left` rows are left: two middling tiles rather than a large and a tiny one. */
// @ts-ignore: decorator
@inline export function tileRows(left: i32, most: i32): i32 {
  return left >= 2 * most || left == most ? most : left > most ? (left + 1) >> 1 : left;
}

/**
 * A block of a^T, where a is row-major [k, m]: [tile][k][rows of the tile], at most 96 x 256. Reads only what is there.
 */
export function packLeftTransposed(a: usize, aStride: usize, to: usize, m: i32, k: i32, most: i32): void {
  for (let i = 0, rows = 0; i < m; i += rows) {
    rows = tileRows(m - i, most);
    let from = a + (<usize>i << 2);
    const step: usize = <usize>rows << 2;
    const wide = i + 8 <= m; // eight floats may be read, and the next tile writes over what is too much
    for (let p = k; p > 0; p--) {
      if (wide) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
      } else {
        for (let r: usize = 0; r < step; r += 4) store<f32>(to + r, load<f32>(from + r));
      }
      from += aStride;
      to += step;
    }
  }
}
