import type { ModelBuilder, Operand } from "../../builder.js";
import { int } from "../../proto.js";
import { isEmpty } from "../../sizes.js";
import { matmul } from "./arithmetic.js";

/** Gradients of x [..., I], weight [O, I] and bias [O] from dy [..., O]; `null` where none is wanted. */
export function linearGradient(
  b: ModelBuilder,
  [x, weight]: readonly [Operand, Operand],
  dy: string,
  wanted: readonly [x: boolean, weight: boolean, bias: boolean],
): readonly (string | null)[] {
  const [outputSize, inputSize] = weight.shape;
  const flat = x.shape.length === 2;
  const rows = (name: string, columns: number): string => (flat ? name : b.reshape(name, [-1, columns]));
  const dyRows = wanted[1] || wanted[2] ? rows(dy, outputSize) : "";
  return [
    wanted[0] ? matmul(b, dy, weight.name) : null,
    wanted[1] ? b.node("Gemm", [dyRows, rows(x.name, inputSize)], [int("transA", 1)]) : null,
    wanted[2] ? b.node("ReduceSum", [dyRows, b.int64([0])], [int("keepdims", 0)]) : null,
  ];
}

/** Whether nothing is summed: no rows, or no outputs. */
export const linearIsEmpty = (x: Operand, weight: Operand): boolean =>
  isEmpty(x.sizes.slice(0, -1)) || weight.shape[0] === 0;
