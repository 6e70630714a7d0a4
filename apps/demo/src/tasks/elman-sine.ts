import type { ListingRow, Task } from "./task.js";

const printedLosses: readonly [epoch: number, loss: number][] = [
  [0, 2.777482271194458],
  [10, 0.10264662653207779],
  [20, 0.1178232803940773],
  [280, 0.005524573381990194],
  [290, 0.005174985621124506],
];

const listing: readonly ListingRow[] = printedLosses.map(([epoch, printed]) => ({
  label: `Epoch: ${epoch} loss`,
  printed,
  got: ({ epochLosses }) => epochLosses[epoch] ?? null,
}));

export const elman: Task = {
  id: "elman-sine",
  title: "An Elman network learns a sine",
  group: "Tutorials",
  summary:
    "Twenty points of a sine, one at a time. After each the six hidden units are corrected at once; what they remember of earlier points is carried along.",
  defaults: {
    cell: "rnn",
    hiddenSize: 6,
    numLayers: 1,
    windowLength: 1,
    variedLengths: false,
    batchSize: 1,
    optimizer: "sgd",
    lr: 0.1,
    schedule: "constant",
    clipGradNorm: 0,
  },
  options: [],
  unused: ["windowLength", "variedLengths", "batchSize"],
  goal: { of: "train", loss: 0.02, updates: 6000 },
  listing,
  open: async () => (await import("./elman-run.js")).elmanRun(),
};
