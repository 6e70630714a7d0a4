import { ArgumentError, formatShape, ShapeError } from "@unrolled/backend";
import type { Generator, Tensor } from "@unrolled/core";
import { describeValue } from "@unrolled/core";
import { fillFromHost, type InitOptions } from "./fill.js";

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times `gain`, as torch.nn.init.orthogonal_
 * (Saxe et al., 2014): the Q of the QR decomposition of a normal matrix, with R's diagonal positive. Repeated products with
 * it keep lengths, which is why recurrent weights start so. Dimensions after the first count as one.
 *
 * For stacked gates, fill one block after another: the whole [4H, H] would have orthonormal columns, but no block would.
 *
 * @throws ShapeError for fewer than two dimensions
 * @throws ArgumentError if the gain is not finite
 * @example
 * init.orthogonal_(zeros([64, 64]));
 */
export function orthogonal_<T extends Tensor>(tensor: T, gain = 1, options: InitOptions = {}): T {
  const { shape, size } = tensor;
  if (shape.length < 2)
    throw new ShapeError("orthogonal_", `${formatShape(shape)} is no matrix`, "use it on two or more dimensions");
  if (!Number.isFinite(gain))
    throw new ArgumentError("orthogonal_", `gain ${describeValue(gain)}`, "use a finite number");
  const rows = shape[0];
  const columns = rows === 0 ? 0 : size / rows;
  return fillFromHost("orthogonal_", tensor, options, (generator) =>
    rows < columns
      ? joinRows(orthonormal(drawNormal(generator, rows, columns)), columns, gain)
      : joinColumns(orthonormal(transposed(drawNormal(generator, rows, columns), columns)), rows, gain),
  );
}

type Vectors = readonly Float64Array[];

function drawNormal(generator: Generator, rows: number, columns: number): Vectors {
  return Array.from({ length: rows }, () => Float64Array.from({ length: columns }, () => generator.normal()));
}

function transposed(rows: Vectors, columns: number): Vectors {
  return Array.from({ length: columns }, (_, c) => Float64Array.from(rows, (row) => row[c]));
}

function joinRows(rows: Vectors, columns: number, gain: number): Float64Array {
  const out = new Float64Array(rows.length * columns);
  rows.forEach((row, r) => {
    for (let c = 0; c < columns; c++) out[r * columns + c] = gain * row[c];
  });
  return out;
}

function joinColumns(columns: Vectors, rows: number, gain: number): Float64Array {
  return joinRows(transposed(columns, rows), columns.length, gain);
}

/** Gram-Schmidt, modified, each vector freed from those before it twice, which leaves only rounding. In place. */
function orthonormal(vectors: Vectors): Vectors {
  vectors.forEach((vector, i) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) addMultiple(vector, -dot(vector, vectors[j]), vectors[j]);
    }
    const length = Math.sqrt(dot(vector, vector));
    for (let k = 0; k < vector.length; k++) vector[k] /= length;
  });
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let k = 0; k < a.length; k++) total += a[k] * b[k];
  return total;
}

function addMultiple(target: Float64Array, factor: number, source: Float64Array): void {
  for (let k = 0; k < target.length; k++) target[k] += factor * source[k];
}
