import { add, div, mul, sqrt, sub } from "../ops/elementwise.js";
import { mean, sum } from "../ops/reductions.js";
import type { Decomposition } from "./decomposition.js";

const keepDims = { keepDims: true } as const;

const from = (start: number, end: number): number[] => Array.from({ length: end - start }, (_, i) => start + i);

export const layerNorm: Decomposition<"layerNorm"> = {
  forward([x, weight, bias], { axis, eps }) {
    const axes = from(axis, x.rank);
    const centered = sub(x, mean(x, axes, keepDims));
    const deviation = sqrt(add(mean(mul(centered, centered), axes, keepDims), eps));
    const normal = div(centered, deviation);
    const scaled = weight ? mul(normal, weight) : normal;
    return { out: [bias ? add(scaled, bias) : scaled], reserve: { normal: [normal], deviation: [deviation] } };
  },
  backward([g], [x, weight, bias], _outputs, { normal: [normal], deviation: [deviation] }, { axis }, wanted) {
    if (g === null) return [null, null, null];
    const axes = from(axis, x.rank);
    const rows = from(0, axis);
    const gradientOfX = () => {
      const scaled = weight ? mul(g, weight) : g;
      const along = mul(normal, mean(mul(scaled, normal), axes, keepDims));
      return div(sub(sub(scaled, mean(scaled, axes, keepDims)), along), deviation);
    };
    return [
      wanted[0] ? gradientOfX() : null,
      wanted[1] && weight ? sum(mul(g, normal), rows) : null,
      wanted[2] && bias ? sum(g, rows) : null,
    ];
  },
};
