/** What the tutorial's own run printed: its weights to four places, an input, and what followed. */
export const printedWeights: Readonly<Record<string, readonly number[]>> = {
  "recurrent.weight_ih_l0": [0.4578, 0.874, 0.7745, 2.5193],
  "recurrent.weight_hh_l0": [
    ...[0.3623, 0.0076, -0.9166, -0.2516],
    ...[0.4999, 0.1557, 0.098, -0.7547],
    ...[-0.2654, 0.5356, 0.6579, 0.0889],
    ...[0.5429, 0.8763, 0.4217, -1.3401],
  ],
  "recurrent.bias_ih_l0": [0.2991, -0.1368, 0.5886, 0.2219],
  "recurrent.bias_hh_l0": [-0.5376, 0.6217, -0.2166, -0.3979],
};

/** Points 16 to 21 of a turn in 36 steps. */
export const printedStart = 16;
export const printedInput: readonly number[] = [
  0.3420201539993286, 0.1736481785774231, 1.2246468525851679e-16, -0.1736481785774231, -0.3420201539993286, -0.5,
];

export const printedPredictions: readonly number[] = [
  -0.6631757020950317, -0.7941378951072693, -0.8717836737632751, -0.9104017019271851, -0.9280122518539429,
  -0.9320352077484131, -0.9236619472503662, -0.9006775617599487, -0.8604729771614075, -0.803618848323822,
];

/** Its last lines on the loss of single subsequences. */
export const printedLosses: readonly (readonly [epoch: number, loss: number])[] = [
  [19980, 0.0009],
  [19990, 0],
  [20000, 0.0006],
];

export const pointsInATurn = 36;
