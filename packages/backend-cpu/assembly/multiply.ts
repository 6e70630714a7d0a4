import { edge, zeros } from "./local";
import { panelWidth, tileRows } from "./pack";
import { MOST_ROWS, tile4, tile8 } from "./tiles";

/**
 * c [m, n] = start + a b, for the columns `first` to `last` (`first` a multiple of 8). Rows k0 to k0 + k of panels with `panelRows`
 * rows are used. `innerMajor`: a was packed by packLeftTransposed, else it is row-major with `aStride` bytes a row.
 * `start`: what the sums begin with, at the place of c's first element; a stride of 0 repeats one row, such as a bias;
 * 0 for zeros.
 */
export function multiplyPanels(
  innerMajor: bool, a: usize, aStride: usize,
  panels: usize, panelRows: i32, k0: i32,
  c: usize, cStride: usize, start: usize, startStride: usize,
  m: i32, n: i32, k: i32, first: i32, last: i32,
): void {
  if (!start) startStride = 0;
  for (let j = first, width = 0; j < last; j += width) {
    width = panelWidth(j, n);
    const panel = panels + ((<usize>j * <usize>panelRows + <usize>k0 * <usize>width) << 2);
    const valid = min(width, n - j);
    let to = c + (<usize>j << 2), from = start ? start + (<usize>j << 2) : zeros;
    for (let i = 0, rows = 0; i < m; i += rows) {
      rows = tileRows(m - i, MOST_ROWS);
      const at = innerMajor ? a + ((<usize>i * <usize>k) << 2) : a + <usize>i * aStride;
      const row: usize = innerMajor ? 4 : aStride, step: usize = innerMajor ? <usize>rows << 2 : 4;
      if (valid == width) {
        if (width == 8) tile8(rows, at, row, step, panel, from, startStride, to, cStride, k);
        else tile4(rows, at, row, step, panel, from, startStride, to, cStride, k);
      } else narrowTile(at, row, step, panel, from, startStride, to, cStride, k, rows, width, valid);
      to += <usize>rows * cStride;
      from += <usize>rows * startStride;
    }
  }
}

/** A tile of which only the first `valid` columns exist in c. */
function narrowTile(
  a: usize, aRow: usize, aStep: usize, panel: usize, start: usize, startStride: usize,
  c: usize, cStride: usize, k: i32, rows: i32, width: i32, valid: i32,
): void {
  const stride: usize = <usize>width << 2;
  for (let half = 0; half < rows; half += 4) { // the edge holds four rows of eight
    const some = min(4, rows - half);
    copyColumns(start + <usize>half * startStride, startStride, edge, stride, some, valid);
    const at = a + <usize>half * aRow;
    if (width == 8) tile8(some, at, aRow, aStep, panel, edge, stride, edge, stride, k);
    else tile4(some, at, aRow, aStep, panel, edge, stride, edge, stride, k);
    copyColumns(edge, stride, c + <usize>half * cStride, cStride, some, valid);
  }
}

function copyColumns(from: usize, fromStride: usize, to: usize, toStride: usize, rows: i32, columns: i32): void {
  const bytes: usize = <usize>columns << 2;
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
    from += fromStride;
    to += toStride;
  }
}
