import type { ListingRow, Task } from "./task.js";

const printedLosses = [10.5, 6.06, 3.46, 0.55, 0.05];

const listing: readonly ListingRow[] = [
  ...printedLosses.map((printed, epoch) => ({
    label: `Epoch: ${epoch}, Loss`,
    printed,
    decimals: 2,
    got: ({ epochLosses }: Parameters<ListingRow["got"]>[0]) => epochLosses[epoch] ?? null,
  })),
  {
    label: "Test Loss",
    printed: 0,
    decimals: 2,
    got: ({ epochTestLosses }) => epochTestLosses[printedLosses.length - 1] ?? null,
  },
];

export const lstmWindows: Task = {
  id: "lstm-windows",
  title: "An LSTM reads ten sine values",
  group: "Tutorials",
  summary:
    "Ten neighbouring points of a sine go in, the eleventh should come out. Windows come in time order, 32 at once, five times over all of them. The tutorial prints the sum of the losses of each epoch.",
  defaults: {
    cell: "lstm",
    hiddenSize: 50,
    numLayers: 1,
    windowLength: 10,
    variedLengths: false,
    batchSize: 32,
    optimizer: "adam",
    lr: 0.001,
    schedule: "constant",
    clipGradNorm: 0,
  },
  options: [],
  unused: [],
  goal: { of: "test", loss: 0.01, updates: 120 },
  listing,
  open: async (settings) => (await import("./lstm-windows-run.js")).windowsRun(settings),
};
