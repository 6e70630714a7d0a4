import { allocate, formatShape, type HostTensor, ShapeError } from "@unrolled/backend";

/** A new tensor whose element at each flat place is computed. */
export function generate(like: HostTensor, shape: readonly number[], element: (i: number) => number): HostTensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const data = allocate(like.dtype, size);
  for (let i = 0; i < size; i++) data[i] = element(i);
  return { data, shape, dtype: like.dtype };
}

export function requireShape(op: string, name: string, { shape }: HostTensor, wanted: readonly number[]): void {
  if (formatShape(shape) !== formatShape(wanted))
    throw new ShapeError(op, `${name} is ${formatShape(shape)}`, `it must be ${formatShape(wanted)}`);
}

export function requireMatrix(
  op: string,
  name: string,
  { shape }: HostTensor,
): readonly [rows: number, columns: number] {
  if (shape.length !== 2) throw new ShapeError(op, `${name} is ${formatShape(shape)}`, "it must have two dimensions");
  return [shape[0], shape[1]];
}

/** [rows, columns] -> [columns, rows] */
export function transpose(op: string, name: string, matrix: HostTensor): HostTensor {
  const [rows, columns] = requireMatrix(op, name, matrix);
  return generate(matrix, [columns, rows], (i) => matrix.data[(i % rows) * columns + Math.floor(i / rows)]);
}

/** Blocks of `units` rows in another order: new block g is old block `order[g]`. */
export function reorderBlocks(tensor: HostTensor, order: readonly number[]): HostTensor {
  const block = tensor.data.length / order.length;
  return generate(tensor, tensor.shape, (i) => tensor.data[order[Math.floor(i / block)] * block + (i % block)]);
}

/** One row of a matrix, as a vector. */
export function row(matrix: HostTensor, index: number): HostTensor {
  const columns = matrix.shape[1];
  return generate(matrix, [columns], (i) => matrix.data[index * columns + i]);
}

export function zerosLike(tensor: HostTensor): HostTensor {
  return generate(tensor, tensor.shape, () => 0);
}

export function sum(a: HostTensor, b: HostTensor): HostTensor {
  return generate(a, a.shape, (i) => a.data[i] + b.data[i]);
}

/** Two vectors as the rows of a matrix. */
export function stackRows(a: HostTensor, b: HostTensor): HostTensor {
  const columns = a.data.length;
  return generate(a, [2, columns], (i) => (i < columns ? a.data[i] : b.data[i - columns]));
}
