import { Generator } from "@unrolled/core";
import { randomSubsequence } from "@unrolled/datasets";
import { printedInput, printedLosses, printedPredictions, printedStart, printedWeights } from "./printed-rnn.js";
import type { ListingRow, Task } from "./task.js";

const pointsInATurn = 36;
/** The program draws its 28 weights first, at two words each, then two numbers for each subsequence. */
const wordsForWeights = 56;
const wordsForSubsequence = 4;

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

const turn = Float32Array.from({ length: pointsInATurn + 1 }, (_, i) =>
  Math.sin(((printedStart + i) * Math.PI * 2) / pointsInATurn),
);

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
  open({ seed }) {
    const generator = new Generator(seed);
    return {
      shape: { inputSize: 1, outputSize: 1, bias: true, readout: "lastUnit", initial: "pytorch" },
      objective: "mse",
      target: "last",
      carriesState: false,
      updatesPerEpoch: 1,
      batch(update) {
        generator.state = { seed, counter: wordsForWeights + wordsForSubsequence * update, spare: null };
        const { x, y } = randomSubsequence({ generator });
        return { size: 1, steps: x.length, x, y: Float32Array.of(y), lengths: null };
      },
      test: null,
      examples: 2,
      example: (index) => {
        const steps = index === 0 ? printedInput.length : pointsInATurn;
        return {
          label: index === 0 ? "the tutorial's input, steps 16 to 21" : "a whole turn from step 16 on",
          x: turn.slice(0, steps),
          steps,
          stepLabels: Array.from({ length: steps }, (_, i) => String(printedStart + i)),
          answer: turn.slice(steps, steps + 1),
        };
      },
      series: {
        values: turn,
        labels: Array.from(turn, (_, i) => String(printedStart + i)),
        unit: "",
        testFrom: turn.length,
        shift: 0,
        scale: 1,
        walk: "carried",
      },
      continuation: { known: Float32Array.from(printedInput), count: printedPredictions.length },
      text: null,
      source: () => ({
        imports: [],
        code: `const drawn = new Generator(${seed});
function batch(update: number): { x: Tensor; y: Tensor; lengths?: Tensor } {
  drawn.state = { seed: ${seed}, counter: ${wordsForWeights} + ${wordsForSubsequence} * update, spare: null };
  const { x, y } = randomSubsequence({ generator: drawn });
  return { x: tensor(x, { shape: [1, x.length, 1] }), y: tensor(Float32Array.of(y), { shape: [1, 1] }) };
}`,
      }),
    };
  },
};
