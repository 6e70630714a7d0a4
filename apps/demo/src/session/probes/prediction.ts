import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope, type Tensor, tensor } from "@unrolled/core";
import type { SeriesView, TaskRun } from "../../tasks/task.js";
import type { Prediction } from "../look.js";
import type { DemoModel } from "../model.js";
import type { Settings } from "../settings.js";

const toNetwork = ({ values, shift, scale }: SeriesView): Float32Array => values.map((v) => (v - shift) / scale);

const sequence = (values: Float32Array, steps: number): Tensor =>
  tensor(values, { shape: [values.length / steps, steps, 1], backend: cpu() });

/** Every value predicted from the true ones before it. */
function teacherForced(model: DemoModel, view: SeriesView, x: Float32Array, window: number): Float32Array {
  const result = new Float32Array(x.length).fill(Number.NaN);
  if (view.walk === "carried") {
    const { output } = model.everyStep(sequence(x.subarray(0, -1), x.length - 1), null, null);
    result.set(output.dataSync() as Float32Array, 1);
    return result;
  }
  const count = x.length - window;
  if (count < 1) return result;
  const windows = new Float32Array(count * window);
  for (let i = 0; i < count; i++) windows.set(x.subarray(i, i + window), i * window);
  result.set(model.lastStep(sequence(windows, window), null, null).output.dataSync() as Float32Array, window);
  return result;
}

/** From `start` on, every value predicted from predictions; before `start` the true ones are read. */
function freeRunning(model: DemoModel, view: SeriesView, x: Float32Array, window: number, start: number): Float32Array {
  const result = new Float32Array(x.length).fill(Number.NaN);
  const first = view.walk === "carried" ? 0 : Math.max(0, start - window);
  let read = x.slice(first, start);
  let state: readonly Tensor[] | null = null;
  for (let t = start; t < x.length; t++) {
    const next = model.lastStep(sequence(read, read.length), state, null);
    const [value] = next.output.dataSync();
    result[t] = value;
    if (view.walk === "carried") {
      state = next.state;
      read = Float32Array.of(value);
    } else {
      read = Float32Array.of(...(read.length < window ? read : read.subarray(1)), value);
    }
  }
  return result;
}

/** What the model says about the task's series, in the series' own units; null where there is no series. */
export function predict(model: DemoModel, run: TaskRun, settings: Settings, start: number): Prediction | null {
  const view = run.series;
  if (view === null) return null;
  const x = toNetwork(view);
  const from = Math.min(Math.max(1, Math.round(start)), x.length);
  const back = (values: Float32Array): Float32Array => values.map((v) => v * view.scale + view.shift);
  return scope(() =>
    noGrad(() => ({
      teacherForced: back(teacherForced(model, view, x, settings.windowLength)),
      freeRunning: back(freeRunning(model, view, x, settings.windowLength, from)),
      start: from,
    })),
  );
}
