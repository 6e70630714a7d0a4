// Loaded with the task.
import { elmanSine } from "@unrolled/datasets";
import type { TaskRun } from "./task.js";

const batchSource = `const sine = elmanSine(); // twenty points and, for each, the one that follows
function batch(update: number): { x: Tensor; y: Tensor; lengths?: Tensor } {
  const point = update % 20;
  return {
    x: tensor(sine.x.slice(point, point + 1), { shape: [1, 1, 1] }),
    y: tensor(sine.y.slice(point, point + 1), { shape: [1, 1] }),
  };
}`;

export function elmanRun(): TaskRun {
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
}
