import type { Task } from "./task.js";

export const adding: Task = {
  id: "adding",
  title: "The adding problem",
  group: "Memory",
  summary:
    "Random numbers, two of which are marked: say their sum at the end. Whoever always answers 1 has a loss of 0.17. A plain RNN forgets the first number; an LSTM or GRU keeps it.",
  defaults: {
    cell: "gru",
    hiddenSize: 24,
    numLayers: 1,
    windowLength: 30,
    variedLengths: false,
    batchSize: 32,
    optimizer: "adam",
    lr: 0.01,
    schedule: "constant",
    clipGradNorm: 1,
  },
  options: [],
  unused: [],
  goal: { of: "test", loss: 0.01, updates: 1000 },
  open: async (settings) => (await import("./puzzle-run.js")).puzzleRun("addingProblem", settings),
};

export const parityTask: Task = {
  id: "parity",
  title: "Odd or even",
  group: "Memory",
  summary:
    "Zeros and ones: is the number of ones odd? One bit of memory, but every one turns it over, and a single mistake spoils the answer. Guessing has a loss of 0.69. Sequences of many lengths make it learnable.",
  defaults: {
    cell: "gru",
    hiddenSize: 16,
    numLayers: 1,
    windowLength: 12,
    variedLengths: true,
    batchSize: 32,
    optimizer: "adam",
    lr: 0.02,
    schedule: "constant",
    clipGradNorm: 1,
  },
  options: [],
  unused: [],
  goal: { of: "test", loss: 0.05, updates: 1500 },
  open: async (settings) => (await import("./puzzle-run.js")).puzzleRun("parity", settings),
};
