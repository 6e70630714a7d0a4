import {
  pointsInATurn,
  printedInput,
  printedLosses,
  printedPredictions,
  printedStart,
  printedWeights,
} from "./printed-rnn.js";
import type { ListingRow, Task } from "./task.js";

const listing: readonly ListingRow[] = [
  ...printedLosses.map(
    ([epoch, printed]): ListingRow => ({
      label: `Epoch: ${epoch}, Loss`,
      printed,
      decimals: 4,
      got: ({ epochLosses }) => epochLosses[epoch - 1] ?? null,
    }),
  ),
  ...printedPredictions.map(
    (printed, i): ListingRow => ({
      label: `prediction ${i + 1}, step ${printedStart + printedInput.length + i}`,
      printed,
      got: ({ continuation }) => continuation?.[i] ?? null,
    }),
  ),
];

export const rnnSubsequences: Task = {
  id: "rnn-subsequences",
  title: "Four units continue a sine",
  group: "Tutorials",
  summary:
    "Stretches of a sine, of random lengths, one for each update. There is no layer on top: the last of the four hidden units is the prediction, small enough to do by hand.",
  defaults: {
    cell: "rnn",
    hiddenSize: 4,
    numLayers: 1,
    windowLength: pointsInATurn,
    variedLengths: true,
    batchSize: 1,
    optimizer: "sgd",
    lr: 0.1,
    schedule: "constant",
    clipGradNorm: 0,
  },
  options: [],
  unused: ["windowLength", "variedLengths", "batchSize"],
  goal: { of: "train", loss: 0.005, updates: 20_000 },
  listing,
  printedWeights,
  open: async (settings) => (await import("./rnn-subsequences-run.js")).subsequencesRun(settings),
};
