import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope, type Tensor, tensor } from "@unrolled/core";
import { evenly } from "../../tasks/epochs.js";
import type { SeriesView, TaskRun } from "../../tasks/task.js";
import type { Prediction, PredictionError, Want } from "../look.js";
import type { DemoModel } from "../model.js";
import type { Settings } from "../settings.js";

/** Windows that are read in one look, by how many numbers pass through hidden units: more would hold training up. */
const mostWork = 800_000;
const [fewestWindows, mostWindows] = [60, 600];
const mostFreeSteps = 200;

/** A series as the network sees it. */
export const networkValues = ({ values, shift, scale }: SeriesView): Float32Array =>
  Float32Array.from(values, (v) => (v - shift) / scale);

const sequence = (values: Float32Array, steps: number): Tensor =>
  tensor(values, { shape: [values.length / steps, steps, 1], backend: cpu() });

/** What was predicted from true values, where it was. */
type Predicted = Map<number, number>;

/** One walk over all of the series, its state carried from value to value. */
function carriedWalk(model: DemoModel, x: Float32Array): Predicted {
  const { output } = model.everyStep(sequence(x.subarray(0, -1), x.length - 1), null, null);
  return new Map(Array.from(output.dataSync(), (value, i) => [i + 1, value]));
}

/** The values at these places, each from a window of its own. */
function windowed(model: DemoModel, x: Float32Array, window: number, places: readonly number[]): Predicted {
  if (places.length === 0) return new Map();
  const windows = new Float32Array(places.length * window);
  for (const [i, place] of places.entries()) windows.set(x.subarray(place - window, place), i * window);
  const output = model.lastStep(sequence(windows, window), null, null).output.dataSync();
  return new Map(places.map((place, i) => [place, Number(output[i])]));
}

/** From `start` on, every value predicted from predictions; before `start` the true ones are read. */
function freeRunning(
  model: DemoModel,
  view: SeriesView,
  x: Float32Array,
  window: number,
  start: number,
  to: number,
): Float32Array {
  const result = new Float32Array(x.length).fill(Number.NaN);
  const first = view.walk === "carried" ? 0 : Math.max(0, start - window);
  let read = x.slice(first, start);
  let state: readonly Tensor[] | null = null;
  for (let t = start; t < to; t++)
    scope(() => {
      const next = model.lastStep(sequence(read, read.length), state, null);
      const [value] = next.output.dataSync();
      result[t] = value;
      if (view.walk === "carried") {
        state = next.state;
        read = Float32Array.of(value);
      } else read = Float32Array.of(...(read.length < window ? read : read.subarray(1)), value);
      return next.state;
    });
  return result;
}

function errorOf(
  of: PredictionError["of"],
  predicted: ReadonlyMap<number, number>,
  x: Float32Array,
  scale: number,
  from: number,
  to: number,
): PredictionError | null {
  let [sum, count] = [0, 0];
  for (const [place, value] of predicted) {
    if (place < from || place >= to) continue;
    sum += (value - x[place]) ** 2;
    count++;
  }
  return count === 0 ? null : { of, rmse: Math.sqrt(sum / count) * Math.abs(scale), count, among: to - from };
}

const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(low, Math.round(value)), Math.max(low, high));

/** What the model says about the task's series, in the series' own units; null where there is no series. */
export function predict(
  model: DemoModel,
  run: TaskRun,
  settings: Settings,
  want: NonNullable<Want["prediction"]>,
): Prediction | null {
  const view = run.series;
  if (view === null) return null;
  const x = networkValues(view);
  const { windowLength: window, hiddenSize, numLayers } = settings;
  const carried = view.walk === "carried";
  const first = carried ? 1 : Math.min(window, x.length);
  const from = clamp(want.from ?? 0, first, x.length);
  const to = clamp(want.to ?? x.length, from, x.length);
  const start = clamp(want.start, 1, x.length);
  const windows = clamp(mostWork / (window * hiddenSize * numLayers), fewestWindows, mostWindows);
  const every = carried ? 1 : Math.max(1, Math.ceil((to - from) / windows));
  const shown = Array.from({ length: Math.ceil((to - from) / every) }, (_, i) => from + i * every);
  const testFrom = Math.max(first, view.testFrom);
  const freeTo = Math.min(to, start + mostFreeSteps);
  const back = (value: number): number => value * view.scale + view.shift;
  return scope(() =>
    noGrad((): Prediction => {
      const all = carried ? carriedWalk(model, x) : null;
      const sampled = (a: number, b: number): Predicted =>
        all ?? windowed(model, x, window, a < b ? evenly(a, b, windows) : []);
      const teacherForced = new Float64Array(x.length).fill(Number.NaN);
      for (const [place, value] of all ?? windowed(model, x, window, shown)) teacherForced[place] = back(value);
      const free = freeRunning(model, view, x, window, start, freeTo);
      const freeAt = new Map(
        Array.from({ length: Math.max(0, freeTo - start) }, (_, i) => [start + i, free[start + i]]),
      );
      return {
        teacherForced,
        freeRunning: Float64Array.from(free, back),
        start,
        every,
        freeTo,
        errors: [
          errorOf("training", sampled(first, testFrom), x, view.scale, first, testFrom),
          errorOf("test", sampled(testFrom, x.length), x, view.scale, testFrom, x.length),
          errorOf("free", freeAt, x, view.scale, start, Math.max(start, freeTo)),
        ].filter((error) => error !== null),
      };
    }),
  );
}
