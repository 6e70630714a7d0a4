import { mulberry32, normal } from "../random.js";
import type { ElmanWork } from "./work.js";

const points = 20;
const hiddenSize = 6;

export function elman(): ElmanWork {
  const sine = Float32Array.from({ length: points + 1 }, (_, i) => Math.sin(2 + (8 * i) / points));
  const random = mulberry32(1);
  return {
    kind: "elman",
    name: "W1",
    title: "Elman network 1 + 6 -> 6 -> 1, an update after each point: 6,000 updates (SGD)",
    unit: "ms for 6,000 updates",
    scale: 1e3,
    rate: false,
    warmCalls: 2,
    expected: [0.00861912988],
    tolerance: 1e-3,
    hiddenSize,
    learningRate: 0.1,
    epochs: 300,
    x: sine.slice(0, points),
    y: sine.slice(1),
    w1: normal(random, (1 + hiddenSize) * hiddenSize, 0.4),
    w2: normal(random, hiddenSize, 0.3),
  };
}
