import { mulberry32 } from "../random.js";
import { recurrentWeights } from "./recurrent-weights.js";
import type { SubsequencesWork } from "./work.js";

const period = 36;
const shortest = 4;
const hiddenSize = 4;
const drawn = 40_200;

export function subsequences(): SubsequencesWork {
  const random = mulberry32(7);
  const starts = new Int32Array(drawn);
  const lengths = new Int32Array(drawn);
  for (let i = 0; i < drawn; i++) {
    lengths[i] = shortest + Math.floor(random() * (period - shortest));
    starts[i] = Math.floor(random() * (period - lengths[i]));
  }
  return {
    kind: "subsequences",
    name: "W2",
    title: "RNN(1, 4) on random sub-sequences of a sine, batch 1, full BPTT (SGD)",
    unit: "updates a second",
    scale: 2000,
    rate: true,
    warmCalls: 1,
    expected: [0.0453472994, 0.00592713095],
    tolerance: 1e-3,
    hiddenSize,
    learningRate: 0.1,
    updates: 2000,
    firstUpdates: 200,
    series: Float32Array.from({ length: period }, (_, i) => Math.sin((i * Math.PI) / 18)),
    weights: recurrentWeights(2, 1, 1, hiddenSize),
    starts,
    lengths,
  };
}
