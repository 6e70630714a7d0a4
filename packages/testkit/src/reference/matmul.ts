import type { PrimitiveReferences } from "./primitive-reference.js";
import { broadcastAt, tabulate } from "./values.js";

export const matmul: PrimitiveReferences["matmul"] = ([a, b], { transA, transB }, out) => {
  const inner = a.shape[a.shape.length - (transA ? 2 : 1)];
  return tabulate(out, (index) => {
    const batch = index.slice(0, -2);
    const [row, column] = index.slice(-2);
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      const left = broadcastAt(a, [...batch, ...(transA ? [k, row] : [row, k])]);
      const right = broadcastAt(b, [...batch, ...(transB ? [column, k] : [k, column])]);
      sum += left * right;
    }
    return sum;
  });
};
