import type { CellKind } from "./cell-kind.js";

export const gru: CellKind = {
  id: "gru",
  label: "GRU",
  layerClass: "GRU",
  torchClass: "GRU",
  stateNames: ["h"],
  gates: [
    {
      symbol: "r",
      label: "reset gate",
      meaning: "how much of the old state the candidate n gets to see: 0 nothing, 1 all of it",
      activation: "sigmoid",
    },
    {
      symbol: "z",
      label: "update gate",
      meaning: "how much of the old state is kept: 0 nothing, then n takes its place; 1 all of it",
      activation: "sigmoid",
    },
    {
      symbol: "n",
      label: "candidate",
      meaning: "what could take the place of the old state, from −1 to 1",
      activation: "tanh",
      stateFactor: "r",
    },
  ],
  lines: [
    {
      symbol: "h",
      label: "hidden state",
      meaning: "what the unit remembers and passes on: a mixture of the candidate and the old state",
      expression: "(1 - {z}) * {n} + {z} * {h}",
      value: ({ z, n, h }) => (1 - z) * n + z * h,
      range: [-1, 1],
    },
  ],
};
