import { mulberry32, normal, uniform } from "../random.js";
import { recurrentWeights } from "./recurrent-weights.js";
import type { Batch, TrainingWork } from "./work.js";

const gates = { LSTM: 4, GRU: 3 } as const;

function sineWindows(time: number, most: number): Batch[] {
  const series = Float32Array.from({ length: 800 }, (_, t) => Math.sin((2 * 3.14 * t) / 40));
  const windows = 749; // the training part: all windows within the first 759 points
  const batches: Batch[] = [];
  for (let first = 0; first < windows; first += most) {
    const size = Math.min(most, windows - first);
    const x = new Float32Array(size * time);
    const y = new Float32Array(size);
    for (let b = 0; b < size; b++) {
      x.set(series.subarray(first + b, first + b + time), b * time);
      y[b] = series[first + b + time];
    }
    batches.push({ size, x, y });
  }
  return batches;
}

export function sineTraining(): TrainingWork {
  const [time, hiddenSize] = [10, 50];
  const random = mulberry32(33);
  const bound = 1 / Math.sqrt(hiddenSize);
  return {
    kind: "training",
    measure: "time",
    name: "W3",
    title: "LSTM(1, 50) and Linear on sine windows of 10, batch 32: five epochs of 24 steps (Adam)",
    unit: "ms for 5 epochs",
    scale: 1e3,
    rate: false,
    warmCalls: 1,
    expected: [11.4365709, 7.29126058, 4.11620173, 0.676475579, 0.073853706],
    tolerance: 1e-3,
    cell: "LSTM",
    time,
    inputSize: 1,
    hiddenSize,
    learningRate: 1e-3,
    epochs: 5,
    weights: recurrentWeights(3, gates.LSTM, 1, hiddenSize),
    head: { weight: uniform(random, hiddenSize, bound), bias: uniform(random, 1, bound) },
    batches: sineWindows(time, 32),
  };
}

export interface Sizes {
  readonly time: number;
  readonly batch: number;
  readonly hiddenSize: number;
}

const middleSizes: Sizes = { time: 64, batch: 32, hiddenSize: 256 };
/** Of the first three steps. */
const expectedLosses = {
  LSTM: [0.0898680882, 0.0892460967, 0.0886879307],
  GRU: [0.110292519, 0.108423002, 0.106718155],
} as const;

/** One step of a mid-size layer; other sizes serve the growth curves. */
export function middleTraining(cell: "LSTM" | "GRU", sizes: Sizes = middleSizes): TrainingWork {
  const { time, batch, hiddenSize } = sizes;
  const isOriginal = sizes === middleSizes;
  const inputSize = 64;
  const random = mulberry32(4);
  return {
    kind: "training",
    measure: "time",
    name: cell === "LSTM" ? "W4" : "W4-GRU",
    title: `${cell} ${inputSize} -> ${hiddenSize}, batch ${batch}, ${time} steps in time: one training step (Adam)`,
    unit: "ms a step",
    scale: 1e3,
    rate: false,
    warmCalls: 2,
    expected: isOriginal ? expectedLosses[cell] : [],
    tolerance: 5e-4, // jax-js adds up the half a million squares in one float32, which is 1.5e-4 off
    cell,
    time,
    inputSize,
    hiddenSize,
    learningRate: 1e-3,
    epochs: 1,
    weights: recurrentWeights(44, gates[cell], inputSize, hiddenSize),
    head: null,
    batches: [
      {
        size: batch,
        x: normal(random, batch * time * inputSize),
        y: uniform(random, batch * time * hiddenSize, 0.5),
      },
    ],
  };
}

/** The same steps, for how far they raise the peak of resident memory. */
export function memoryOf(work: TrainingWork): TrainingWork {
  return {
    ...work,
    measure: "memory",
    name: `${work.name}-memory`,
    title: `${work.title}, five of them: growth of the peak of resident memory`,
    unit: "MiB",
    scale: 2 ** -20,
  };
}
