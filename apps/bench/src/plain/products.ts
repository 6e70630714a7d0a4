/** c [m, n] += a [m, k] b [k, n], in the loop order that reads rows. */
export function multiplyAdd(
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  [m, k, n]: readonly [m: number, k: number, n: number],
): void {
  for (let row = 0; row < m; row++) {
    const into = row * n;
    for (let inner = 0; inner < k; inner++) {
      const factor = a[row * k + inner];
      const from = inner * n;
      for (let column = 0; column < n; column++) c[into + column] += factor * b[from + column];
    }
  }
}

/** c [k, n] += a [m, k] transposed, times b [m, n]. */
export function multiplyTransposedAdd(
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  [m, k, n]: readonly [m: number, k: number, n: number],
): void {
  for (let row = 0; row < m; row++) {
    const from = row * n;
    for (let inner = 0; inner < k; inner++) {
      const factor = a[row * k + inner];
      const into = inner * n;
      for (let column = 0; column < n; column++) c[into + column] += factor * b[from + column];
    }
  }
}

export function addRows(matrix: Float32Array, row: Float32Array): void {
  for (let i = 0; i < matrix.length; i += row.length) for (let j = 0; j < row.length; j++) matrix[i + j] += row[j];
}

/** row += the sum of the matrix' rows. */
export function sumRows(matrix: Float32Array, row: Float32Array): void {
  for (let i = 0; i < matrix.length; i += row.length) for (let j = 0; j < row.length; j++) row[j] += matrix[i + j];
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
