import { ShapeError } from "@unrolled/backend";
import { requireOperand } from "../arguments.js";
import { run } from "../engine.js";
import { primitives } from "../primitives.js";
import type { Tensor } from "../tensor.js";
import { mul } from "./elementwise.js";
import { reshape } from "./movement.js";
import { sum } from "./reductions.js";

/** Options of `matmul`. */
export interface MatmulOptions {
  /** Use `a` with its last two dimensions exchanged. */
  readonly transA?: boolean;
  /** Use `b` with its last two dimensions exchanged. */
  readonly transB?: boolean;
}

/**
 * Matrix product of the last two dimensions; leading ones broadcast. A 1-d operand is a row (left) or a column (right)
 * and loses that dimension again, as in torch.matmul.
 *
 * @throws ShapeError if the inner sizes differ, or if a 1-d operand is to be transposed
 * @throws ArgumentError for what is no tensor
 * @example
 * matmul(ones([2, 3]), ones([4, 3]), { transB: true }).shape; // [2, 4]
 */
export function matmul(a: Tensor, b: Tensor, { transA = false, transB = false }: MatmulOptions = {}): Tensor {
  requireOperand("matmul", a);
  requireOperand("matmul", b);
  const rowVector = a.shape.length === 1;
  const columnVector = b.shape.length === 1;
  if (!rowVector && !columnVector) return run(primitives.matmul, [a, b], { transA, transB });
  if ((rowVector && transA) || (columnVector && transB)) {
    throw new ShapeError("matmul", "a 1-d operand cannot be transposed", "leave transA / transB out for vectors");
  }
  const left = rowVector ? reshape(a, [1, a.shape[0]]) : a;
  const right = columnVector ? reshape(b, [b.shape[0], 1]) : b;
  const product = run(primitives.matmul, [left, right], { transA, transB });
  const { shape } = product;
  const rank = shape.length;
  return reshape(
    product,
    shape.filter((_, i) => !(rowVector && i === rank - 2) && !(columnVector && i === rank - 1)),
  );
}

/**
 * Inner product of two vectors. Two of shape [n] give a scalar.
 *
 * @throws ShapeError unless both are 1-d
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  requireOperand("dot", b);
  if (a.shape.length !== 1 || b.shape.length !== 1) {
    throw new ShapeError(
      "dot",
      `operands have ${a.shape.length} and ${b.shape.length} dimensions`,
      "use two vectors, or matmul",
    );
  }
  return sum(mul(a, b));
}

/**
 * Outer product [n] x [m] -> [n, m].
 *
 * @throws ShapeError unless both are 1-d
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  requireOperand("outer", b);
  if (a.shape.length !== 1 || b.shape.length !== 1) {
    throw new ShapeError(
      "outer",
      `operands have ${a.shape.length} and ${b.shape.length} dimensions`,
      "use two vectors",
    );
  }
  return mul(reshape(a, [a.shape[0], 1]), b);
}
