// Loaded with the task.
import { Generator } from "@unrolled/core";
import { randomSubsequence } from "@unrolled/datasets";
import type { Settings } from "../session/settings.js";
import { pointsInATurn, printedInput, printedPredictions, printedStart } from "./printed-rnn.js";
import type { TaskRun } from "./task.js";

/** The program draws its 28 weights first, at two words each, then two numbers for each subsequence. */
const wordsForWeights = 56;
const wordsForSubsequence = 4;

const turn = Float32Array.from({ length: pointsInATurn + 1 }, (_, i) =>
  Math.sin(((printedStart + i) * Math.PI * 2) / pointsInATurn),
);

export function subsequencesRun({ seed }: Settings): TaskRun {
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
}
