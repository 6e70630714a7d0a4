/** [rows, columns] to [columns, rows]. */
export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column];
  return result;
}

/** [batch, time, features] to [time, batch, features]. */
export function timeMajor(x: Float32Array, batch: number, time: number, features: number): Float32Array {
  const result = new Float32Array(x.length);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < time; t++) {
      const from = (b * time + t) * features;
      result.set(x.subarray(from, from + features), (t * batch + b) * features);
    }
  }
  return result;
}

/** The gate blocks of a [gates * hidden, columns] matrix in another order. */
export function reorderedGates(
  matrix: Float32Array,
  hidden: number,
  columns: number,
  order: readonly number[],
): Float32Array {
  const block = hidden * columns;
  const result = new Float32Array(matrix.length);
  order.forEach((gate, place) => {
    result.set(matrix.subarray(gate * block, (gate + 1) * block), place * block);
  });
  return result;
}

/** A row-major matrix as an array of arrays. */
export function nested(matrix: Float32Array, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, (_, row) => Array.from(matrix.subarray(row * columns, (row + 1) * columns)));
}

export function added(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + b[i]);
}

export function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}
