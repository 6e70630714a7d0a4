import { sizeOf } from "@unrolled/backend";
import { add } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { reshape } from "../ops/movement.js";
import { sum } from "../ops/reductions.js";
import type { Decomposition } from "./decomposition.js";

export const linear: Decomposition<"linear"> = {
  forward([x, weight, bias]) {
    const [outputSize, inputSize] = weight.shape;
    const rows = sizeOf(x.shape.slice(0, -1));
    const product = matmul(reshape(x, [rows, inputSize]), weight, { transB: true });
    const biased = bias ? add(product, bias) : product;
    return { out: [reshape(biased, [...x.shape.slice(0, -1), outputSize])], reserve: {} };
  },
  backward([g], [x, weight, bias], _outputs, _reserve, _attrs, wanted) {
    if (g === null) return [null, null, null];
    const [outputSize, inputSize] = weight.shape;
    const rows = sizeOf(x.shape.slice(0, -1));
    const g2 = reshape(g, [rows, outputSize]);
    return [
      wanted[0] ? reshape(matmul(g2, weight), x.shape) : null,
      wanted[1] ? matmul(g2, reshape(x, [rows, inputSize]), { transA: true }) : null,
      wanted[2] && bias ? sum(g2, 0) : null,
    ];
  },
};
