import { mulberry32, uniform } from "../random.js";
import type { AdditionWork, ProductWork } from "./work.js";

export function product(): ProductWork {
  const size = 512;
  const random = mulberry32(6);
  return {
    kind: "product",
    name: "W6",
    title: `product of two ${size} x ${size} matrices`,
    unit: "GFLOP/s",
    scale: (2 * size ** 3) / 1e9,
    rate: true,
    warmCalls: 2,
    expected: [-2.50193882, -6.3720994],
    tolerance: 1e-4,
    size,
    a: uniform(random, size * size, 1),
    b: uniform(random, size * size, 1),
  };
}

export function addition(gradient: boolean): AdditionWork {
  const count = 2000;
  return {
    kind: "addition",
    name: gradient ? "W7-grad" : "W7",
    title: gradient ? "sum of two [1, 6] tensors, summed and differentiated" : "sum of two [1, 6] tensors",
    unit: gradient ? "us each" : "us an addition",
    scale: 1e6 / count,
    rate: false,
    warmCalls: 5,
    expected: [gradient ? 6 : 42],
    tolerance: 1e-6,
    count,
    gradient,
    a: Float32Array.of(1, 2, 3, 4, 5, 6),
    b: Float32Array.of(6, 5, 4, 3, 2, 1),
  };
}
