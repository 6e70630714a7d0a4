import { ArgumentError } from "@unrolled/backend";
import { Generator } from "@unrolled/core";
import { StandardScaler } from "@unrolled/datasets";
import type { Settings } from "../session/settings.js";
import { epochs, epochsSource, evenly } from "./epochs.js";
import { requireWhole } from "./options.js";
import type { Batch, TaskRun } from "./task.js";

/** A series to forecast, one value ahead. */
export interface SeriesData {
  readonly values: ArrayLike<number>;
  /** Number or date of each value. */
  readonly labels: readonly string[];
  readonly unit: string;
  /** Where the test part begins. */
  readonly testFrom: number;
  /** Source code that declares `const raw: ArrayLike<number>`, the same values, and its import lines. */
  readonly source: { readonly imports: readonly string[]; readonly code: string };
}

export interface ForecastOptions {
  /** Give the network values of mean 0 and deviation 1, by the training part; else the values as they are. */
  readonly standardise: boolean;
  /** Draw the windows of each epoch in a new order; else in time order. */
  readonly shuffle: boolean;
  /** Windows of the test part may begin before it, since what went before is known by then. */
  readonly historyBeforeTest: boolean;
}

const usual: ForecastOptions = { standardise: true, shuffle: true, historyBeforeTest: true };
const mostTestWindows = 200;
const examplesOfEachPart = 6;

export const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

/** Windows of `windowLength` values, each with the value after it as its target. */
export function forecast(settings: Settings, data: SeriesData, options: Partial<ForecastOptions> = {}): TaskRun {
  const { windowLength: steps, batchSize, seed, variedLengths } = settings;
  const { standardise, shuffle, historyBeforeTest } = { ...usual, ...options };
  const { values, labels, unit, testFrom } = data;
  requireWhole("the batch size", batchSize, 1);
  requireWhole("the window", steps, 1);
  const count = testFrom - steps;
  if (count < 1)
    throw new ArgumentError(
      "task",
      `windows of ${steps} values, each with the value after it, do not fit into the ${testFrom} values of the training part`,
      testFrom > 1 ? `use windows of ${testFrom - 1} or less` : "give a longer series",
    );
  const { shift, scale } = standardise ? scalingOf(values, testFrom) : { shift: 0, scale: 1 };
  const series = Float32Array.from(values, (v) => (v - shift) / scale);
  const shortest = Math.ceil(steps / 2);
  const rounds = epochs(count, batchSize, shuffle ? { seed } : null);

  const cut = (starts: ArrayLike<number>, lengthOf: (row: number) => number, varied: boolean): Batch => {
    const size = starts.length;
    const x = new Float32Array(size * steps);
    const y = new Float32Array(size);
    const lengths = varied ? new Int32Array(size) : null;
    for (let row = 0; row < size; row++) {
      const end = starts[row] + steps;
      const length = lengthOf(row);
      x.set(series.subarray(end - length, end), row * steps);
      y[row] = series[end];
      if (lengths) lengths[row] = length;
    }
    return { size, steps, x, y, lengths };
  };
  const testStarts = evenly(
    historyBeforeTest ? Math.max(0, testFrom - steps) : testFrom,
    series.length - steps,
    mostTestWindows,
  );
  const shown = [
    ...evenly(0, count, examplesOfEachPart).map((start) => ({ start, part: "training" })),
    ...evenly(testStarts[0] ?? 0, series.length - steps, testStarts.length > 0 ? examplesOfEachPart : 0).map(
      (start) => ({ start, part: "test" }),
    ),
  ];
  return {
    shape: { inputSize: 1, outputSize: 1, bias: true, readout: "linear", initial: "pytorch" },
    objective: "mse",
    target: "last",
    carriesState: false,
    updatesPerEpoch: rounds.updatesPerEpoch,
    batch(update) {
      const generator = variedLengths ? new Generator(seed + update) : null;
      return cut(rounds.rows(update), () => generator?.integer(shortest, steps + 1) ?? steps, generator !== null);
    },
    test: testStarts.length > 0 ? cut(testStarts, () => steps, false) : null,
    examples: shown.length,
    example(index) {
      const { start, part } = shown[index];
      return {
        label: `${part}: ${labels[start]} to ${labels[start + steps - 1]}`,
        x: series.slice(start, start + steps),
        steps,
        stepLabels: labels.slice(start, start + steps),
        answer: series.slice(start + steps, start + steps + 1),
      };
    },
    series: { values: Float64Array.from(values), labels, unit, testFrom, shift, scale, walk: "windows" },
    text: null,
    source: () => ({
      imports: data.source.imports,
      code: `${data.source.code}
const series = Float32Array.from(raw, (value) => (value - ${shift}) / ${scale}); // the scale is that of the training part
${epochsSource(count, shuffle ? seed : null)}
function batch(update: number): { x: Tensor; y: Tensor; lengths?: Tensor } {
  const rows = rowsOf(update);
${variedLengths ? variedSource(seed, shortest, steps) : plainSource(steps)}
}`,
    }),
  };
}

const plainSource = (steps: number): string =>
  `  const x = Float32Array.from({ length: rows.length * ${steps} }, (_, i) => series[rows[Math.floor(i / ${steps})] + (i % ${steps})]);
  const y = Float32Array.from(rows, (row) => series[row + ${steps}]);
  return { x: tensor(x, { shape: [rows.length, ${steps}, 1] }), y: tensor(y, { shape: [rows.length, 1] }) };`;

const variedSource = (seed: number, shortest: number, steps: number): string =>
  `  const drawn = new Generator(${seed} + update);
  const lengths = Int32Array.from(rows, () => drawn.integer(${shortest}, ${steps + 1}));
  const x = new Float32Array(rows.length * ${steps}); // zeros after the last value of a shorter window
  rows.forEach((row, i) => x.set(series.subarray(row + ${steps} - lengths[i], row + ${steps}), i * ${steps}));
  const y = Float32Array.from(rows, (row) => series[row + ${steps}]);
  return {
    x: tensor(x, { shape: [rows.length, ${steps}, 1] }),
    y: tensor(y, { shape: [rows.length, 1] }),
    lengths: tensor(lengths, { shape: [rows.length], dtype: "int32" }),
  };`;

function scalingOf(values: ArrayLike<number>, testFrom: number): { shift: number; scale: number } {
  const scaler = new StandardScaler().fit(Float64Array.from(values).subarray(0, testFrom));
  return { shift: scaler.mean[0], scale: scaler.scale[0] };
}
