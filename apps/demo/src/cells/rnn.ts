import type { CellKind } from "./cell-kind.js";

export const rnn: CellKind = {
  id: "rnn",
  label: "RNN (Elman)",
  layerClass: "RNN",
  torchClass: "RNN",
  stateNames: ["h"],
  gates: [
    {
      symbol: "h",
      label: "hidden state",
      meaning: "what the unit remembers and passes on, from −1 to 1",
      activation: "tanh",
    },
  ],
  lines: [],
};
