/** Rows of character cells. A cell holds one glyph, or dots of a 2 x 4 grid that make a Braille character. */
export interface Cell {
  glyph: string;
  /** Bits of the Braille dots; 0 unless the cell holds dots. */
  dots: number;
  /** Which series drew here last; it chooses the colour. -1: nothing that is coloured. */
  owner: number;
}

const dotBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

export class Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly #cells: Cell[];

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#cells = Array.from({ length: columns * rows }, () => ({ glyph: " ", dots: 0, owner: -1 }));
  }

  cell(column: number, row: number): Cell {
    return this.#cells[row * this.columns + column];
  }

  put(column: number, row: number, glyph: string, owner: number): void {
    const cell = this.cell(column, row);
    cell.glyph = glyph;
    cell.dots = 0;
    cell.owner = owner;
  }

  /** Sets one dot, counted in half columns and quarter rows. */
  dot(x: number, y: number, owner: number): void {
    const cell = this.cell(x >> 1, y >> 2);
    cell.dots |= dotBits[y & 3][x & 1];
    cell.glyph = String.fromCharCode(0x2800 + cell.dots);
    cell.owner = owner;
  }
}

/** Visits the grid points of a straight line, both ends included (Bresenham's algorithm). */
export function visitLine(
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  visit: (x: number, y: number) => void,
): void {
  const dx = Math.abs(x1 - x0);
  const dy = -Math.abs(y1 - y0);
  const stepX = x0 < x1 ? 1 : -1;
  const stepY = y0 < y1 ? 1 : -1;
  let error = dx + dy;
  let [x, y] = [x0, y0];
  for (;;) {
    visit(x, y);
    if (x === x1 && y === y1) return;
    const doubled = 2 * error;
    if (doubled >= dy) {
      error += dy;
      x += stepX;
    }
    if (doubled <= dx) {
      error += dx;
      y += stepY;
    }
  }
}
