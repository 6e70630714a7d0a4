import { behind, type Code } from "../../encode/code.js";
import { element, type Product } from "./matrix.js";

const swapHalves = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const swapPairs = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];

/** Rows of a times columns of b, all written out; both are contiguous along the inner size. */
export function emitDots(code: Code, { m, n, k, a, b, c, start }: Product): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      code.scoped(() => {
        const to = behind(c, 4 * (i * n + j));
        const sum = code.local("v128");
        let p = 0;
        for (const [width, load] of [
          [4, "v128.load"],
          [2, "v128.load64_zero"],
          [1, "v128.load32_zero"],
        ] as const) {
          for (; p + width <= k; p += width) {
            if (p > 0) code.get(sum);
            code
              .load(load, element(a, i, p))
              .load(load, element(b, p, j))
              .simd("f32x4.mul");
            if (p > 0) code.simd("f32x4.add");
            code.set(sum);
          }
        }
        if (k > 2) code.get(sum).get(sum).get(sum).shuffle(swapHalves).simd("f32x4.add").set(sum);
        if (k > 1) code.get(sum).get(sum).get(sum).shuffle(swapPairs).simd("f32x4.add").set(sum);
        if (start)
          code
            .get(sum)
            .load("v128.load32_zero", behind(start, 4 * j))
            .simd("f32x4.add")
            .set(sum);
        code.base(to).get(sum).storeLane(4, to);
      });
    }
  }
}
