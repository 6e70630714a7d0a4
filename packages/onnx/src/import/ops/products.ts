import type { ImportCall, Importers } from "../import-call.js";
import type { Operand } from "../operand.js";
import { number } from "./elementwise.js";

/** The module's own weight [out, in], where the operator's second matrix is one. */
function heldWeight(c: ImportCall): Operand | null {
  const own = c.context.weights;
  return own?.kind === "linear" ? c.b.weight(own.weight) : null;
}

/** A vector on the left is a row, on the right a column; the dimension so added is taken away again. */
function matMul(c: ImportCall): readonly Operand[] {
  const held = heldWeight(c);
  if (held) return [c.b.apply("linear", [c.in(0), held, null], {})];
  const [x, y] = [c.in(0), c.in(1)];
  const [row, column] = [x.shape.length === 1, y.shape.length === 1];
  const left = row ? c.b.apply("reshape", [x], { shape: [1, ...x.shape] }) : x;
  const right = column ? c.b.apply("reshape", [y], { shape: [...y.shape, 1] }) : y;
  const product = c.b.apply("matmul", [left, right], { transA: false, transB: false });
  if (!row && !column) return [product];
  const rank = product.shape.length;
  const shape = product.shape.filter((_, i) => !(row && i === rank - 2) && !(column && i === rank - 1));
  return [c.b.apply("reshape", [product], { shape })];
}

/** `linear` where it says the same, else a product, scaled and added. */
function gemm(c: ImportCall): readonly Operand[] {
  const held = heldWeight(c);
  const [x, y, bias] = [c.in(0), held ?? c.in(1), c.optional(2)];
  const [alpha, beta] = [c.float("alpha", 1), c.float("beta", 1)];
  const transA = c.flag("transA", false);
  const transB = c.flag("transB", false) || held !== null;
  if (x.shape.length !== 2 || y.shape.length !== 2)
    throw c.broken(`has operands of rank ${x.shape.length} and ${y.shape.length}`, "Gemm multiplies matrices");
  const plain = alpha === 1 && (beta === 1 || !bias) && !transA && transB;
  const rowBias = !bias || (bias.shape.length === 1 && bias.shape[0] === y.shape[0]);
  if (plain && rowBias) return [c.b.apply("linear", [x, y, bias], {})];
  const scaled = (operand: Operand, factor: number): Operand =>
    factor === 1 ? operand : c.b.apply("mul", [operand, number(c, factor, operand)], {});
  const product = scaled(c.b.apply("matmul", [x, y], { transA, transB }), alpha);
  return [bias ? c.b.apply("add", [product, scaled(bias, beta)], {}) : product];
}

export const products: Importers = {
  MatMul: { inputs: [2, 2], build: matMul },
  Gemm: { inputs: [2, 3], build: gemm },
};
