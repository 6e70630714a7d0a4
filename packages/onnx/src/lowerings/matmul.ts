import { sizeOf } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "../builder.js";
import type { Lowerings } from "../lowering.js";
import { int, ints } from "../proto.js";
import { allFixed, isEmpty } from "../sizes.js";

function transposeLastTwo(b: ModelBuilder, x: Operand): string {
  const last = x.shape.length - 1;
  const perm = x.shape.map((_, i) => (i === last ? last - 1 : i === last - 1 ? last : i));
  return b.node("Transpose", [x.name], [ints("perm", perm)]);
}

export const products: Pick<Lowerings, "matmul" | "linear"> = {
  /** Two matrices of which one is transposed: Gemm. Else Transpose where asked, and MatMul. */
  matmul: (b, { in: [x, y], attrs: { transA, transB }, out: [out] }) => {
    if (isEmpty(x.sizes)) return [b.filled(0, out)];
    if (x.shape.length === 2 && y.shape.length === 2 && (transA || transB)) {
      return [b.node("Gemm", [x.name, y.name], [int("transA", transA ? 1 : 0), int("transB", transB ? 1 : 0)])];
    }
    const left = transA ? transposeLastTwo(b, x) : x.name;
    const right = transB ? transposeLastTwo(b, y) : y.name;
    return [b.node("MatMul", [left, right])];
  },
  /**
   * One Gemm with the weight as it lies; more than two dimensions are folded into the rows. Where sizes have names, MatMul, which
   * takes any leading sizes.
   */
  linear: (b, { in: [x, weight, bias], out: [out] }) => {
    const [outputs, inputs] = weight.shape;
    if (inputs === 0) {
      return [bias ? b.node("Expand", [bias.name, b.shape(out.sizes)]) : b.filled(0, out)];
    }
    const flat = x.shape.length === 2;
    if (!flat && !allFixed(x.sizes)) {
      const product = b.node("MatMul", [x.name, transposeLastTwo(b, weight)]);
      return [bias ? b.node("Add", [product, bias.name]) : product];
    }
    const rows = flat ? x.name : b.reshape(x.name, [sizeOf(x.shape) / inputs, inputs]);
    const operands = bias ? [rows, weight.name, bias.name] : [rows, weight.name];
    const product = b.node("Gemm", operands, [int("transB", 1)]);
    return [flat ? product : b.reshape(product, [...x.shape.slice(0, -1), outputs])];
  },
};
