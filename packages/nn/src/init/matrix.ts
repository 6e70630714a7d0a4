import { ArgumentError, formatShape, ShapeError } from "@unrolled/backend";
import { eye, type Tensor } from "@unrolled/core";
import { fill, fillFromHost, type InitOptions } from "./fill.js";

function requireMatrix(op: string, { shape }: Tensor): void {
  if (shape.length !== 2) throw new ShapeError(op, `${formatShape(shape)} is no matrix`, "use it on two dimensions");
}

/** 1 on the diagonal, 0 elsewhere, also where the matrix is not square, as torch.nn.init.eye_. */
export function eye_<T extends Tensor>(tensor: T): T {
  requireMatrix("eye_", tensor);
  const { shape, dtype, backend } = tensor;
  const n = Math.max(...shape);
  return fill(tensor, () => eye(n, { dtype, backend }).slice([0, shape[0]], [0, shape[1]]));
}

/**
 * Normal with mean 0, and a share `sparsity` of each column zeroed at random, as torch.nn.init.sparse_ (Martens, 2010).
 *
 * @param std default 0.01
 * @throws ArgumentError unless 0 <= sparsity <= 1 and std >= 0
 * @example
 * init.sparse_(zeros([10, 4]), 0.5); // 5 zeros in each column
 */
export function sparse_<T extends Tensor>(tensor: T, sparsity: number, std = 0.01, options: InitOptions = {}): T {
  requireMatrix("sparse_", tensor);
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new ArgumentError("sparse_", `sparsity ${sparsity}`, "use a number from 0 to 1");
  if (!(std >= 0)) throw new ArgumentError("sparse_", `standard deviation ${std}`, "use a number of 0 or more");
  const [rows, columns] = tensor.shape;
  return fillFromHost("sparse_", tensor, options, (generator, size) => {
    const out = Float64Array.from({ length: size }, () => std * generator.normal());
    const zeros = Math.ceil(sparsity * rows);
    for (let c = 0; c < columns; c++) {
      for (const r of generator.permutation(rows).subarray(0, zeros)) out[r * columns + c] = 0;
    }
    return out;
  });
}
