import type { CellKind } from "./cell-kind.js";

export const lstm: CellKind = {
  id: "lstm",
  label: "LSTM",
  layerClass: "LSTM",
  torchClass: "LSTM",
  stateNames: ["h", "c"],
  gates: [
    {
      symbol: "i",
      label: "input gate",
      meaning: "how much of the candidate g is let into the memory: 0 nothing, 1 all of it",
      activation: "sigmoid",
    },
    {
      symbol: "f",
      label: "forget gate",
      meaning: "how much of the old memory c is kept: 0 nothing, 1 all of it",
      activation: "sigmoid",
    },
    {
      symbol: "g",
      label: "candidate",
      meaning: "what could be added to the memory, from −1 to 1",
      activation: "tanh",
    },
    {
      symbol: "o",
      label: "output gate",
      meaning: "how much of the memory is shown to the outside: 0 nothing, 1 all of it",
      activation: "sigmoid",
    },
  ],
  lines: [
    {
      symbol: "c",
      label: "cell state",
      meaning: "the memory itself: the part of the old one that is kept, and what is let in; it has no limits",
      expression: "{f} * {c} + {i} * {g}",
      value: ({ f, c, i, g }) => f * c + i * g,
      range: null,
    },
    {
      symbol: "h",
      label: "hidden state",
      meaning: "what the unit passes on: the memory, squeezed between −1 and 1, as far as the output gate shows it",
      expression: "{o} * tanh({c'})",
      value: ({ o, "c'": c }) => o * Math.tanh(c),
      range: [-1, 1],
    },
  ],
};
