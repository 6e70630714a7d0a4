import type { Task } from "./task.js";

export const firstNames: Task = {
  id: "names",
  title: "First names, letter by letter",
  group: "Text",
  summary:
    "The network reads 8,300 first names and learns which letter comes next. Then it makes up names of its own. Its loss is in nats a letter: 3.3 when it guesses blindly.",
  defaults: {
    cell: "gru",
    hiddenSize: 64,
    numLayers: 1,
    windowLength: 20,
    variedLengths: true,
    batchSize: 32,
    optimizer: "adam",
    lr: 0.01,
    schedule: "cosine",
    clipGradNorm: 1,
  },
  options: [],
  unused: ["windowLength", "variedLengths"],
  goal: { of: "test", loss: 2.15, updates: 600 },
  open: async (settings) => (await import("./names-run.js")).namesRun(settings),
};
