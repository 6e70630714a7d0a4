import { elmanSine } from "@unrolled/datasets";
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

const batchSource = `const sine = elmanSine(); // twenty points and, for each, the one that follows
function batch(update: number): { x: Tensor; y: Tensor; lengths?: Tensor } {
  const point = update % 20;
  return {
    x: tensor(sine.x.slice(point, point + 1), { shape: [1, 1, 1] }),
    y: tensor(sine.y.slice(point, point + 1), { shape: [1, 1] }),
  };
}`;

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
  open() {
    const { x, y } = elmanSine();
    const values = Float32Array.of(...x, y[y.length - 1]);
    const points = x.length;
    return {
      shape: {
        inputSize: 1,
        outputSize: 1,
        bias: false,
        readout: "linear",
        initial: { recurrentStd: 0.4, readoutStd: 0.3 },
      },
      objective: "halfSquaredError",
      target: "last",
      carriesState: true,
      updatesPerEpoch: points,
      batch(update) {
        const point = update % points;
        return { size: 1, steps: 1, x: x.slice(point, point + 1), y: y.slice(point, point + 1), lengths: null };
      },
      test: null,
      examples: 1,
      example: () => ({
        label: "all twenty points",
        x,
        steps: points,
        stepLabels: Array.from(x, (_, i) => String(i + 1)),
        answer: values.slice(-1),
      }),
      series: {
        values,
        labels: Array.from(values, (_, i) => String(i)),
        unit: "",
        testFrom: values.length,
        shift: 0,
        scale: 1,
        walk: "carried",
      },
      text: null,
      source: () => ({ imports: [], code: batchSource }),
    };
  },
};
