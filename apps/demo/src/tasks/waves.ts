import { readOptions } from "./options.js";
import type { Task, TaskOption } from "./task.js";
import type { WaveName } from "./wave-run.js";

/** What every forecast of a generated series begins with. */
export const forecastDefaults: Task["defaults"] = {
  cell: "lstm",
  hiddenSize: 16,
  numLayers: 1,
  windowLength: 24,
  variedLengths: false,
  batchSize: 32,
  optimizer: "adam",
  lr: 0.01,
  schedule: "constant",
  clipGradNorm: 1,
};

const option = (key: string, label: string, bounds: readonly [min: number, max: number, step: number], value: number) =>
  ({ key, label, min: bounds[0], max: bounds[1], step: bounds[2], value }) as const satisfies TaskOption;

const length = option("length", "Points", [100, 2000, 10], 480);
const period = option("period", "Period (points)", [4, 200, 1], 40);
const phase = option("phase", "Phase (degrees)", [0, 360, 5], 0);
const amplitude = option("amplitude", "Amplitude", [0.1, 100, 0.1], 1);
const noise = option("noise", "Noise (deviation)", [0, 2, 0.01], 0);

/** A task on a series that a formula makes. */
function waveTask(task: Pick<Task, "id" | "title" | "summary" | "goal" | "options">, wave: WaveName): Task {
  return {
    ...task,
    group: "Series",
    defaults: forecastDefaults,
    unused: [],
    async open(settings) {
      const options = readOptions(task.options, settings);
      const { waveRun } = await import("./wave-run.js");
      return waveRun(wave, options, settings);
    },
  };
}

const sineTask = waveTask(
  {
    id: "sine",
    title: "A sine",
    summary:
      "A wave that repeats itself. The network reads a window of it and says the next value. Make the window shorter than a turn, or add noise, and see what it still finds.",
    options: [length, period, phase, amplitude, noise],
    goal: { of: "test", loss: 0.001, updates: 600 },
  },
  "sine",
);

const secondPeriod = option("secondPeriod", "Second period (points)", [4, 200, 1], 15);
const secondAmplitude = option("secondAmplitude", "Second amplitude", [0, 100, 0.1], 0.5);

const sumTask = waveTask(
  {
    id: "sum-of-sines",
    title: "Two sines, added",
    summary:
      "Two waves of different lengths laid over each other. No window holds the whole pattern, so the network has to take it apart.",
    options: [length, period, amplitude, secondPeriod, secondAmplitude, noise],
    goal: { of: "test", loss: 0.005, updates: 800 },
  },
  "sumOfSines",
);

const sawtoothTask = waveTask(
  {
    id: "sawtooth",
    title: "A sawtooth",
    summary:
      "Rises evenly, then drops at once. The rise is easy; to see the drop coming, the network has to know how high the teeth are.",
    options: [length, { ...period, value: 20 }, phase, amplitude, noise],
    goal: { of: "test", loss: 0.02, updates: 1000 },
  },
  "sawtooth",
);

const decay = option("decay", "Loss at each point (%)", [0, 5, 0.1], 0.4);

const dampedTask = waveTask(
  {
    id: "damped-sine",
    title: "A sine that dies away",
    summary:
      "Like a swing that nobody pushes. The test part is quieter than all that was learned from: does the network know that it must stay quiet?",
    options: [length, { ...period, value: 25 }, phase, amplitude, decay, noise],
    goal: { of: "test", loss: 0.005, updates: 600 },
  },
  "dampedSine",
);

export const waveTasks: readonly Task[] = [sineTask, sumTask, sawtoothTask, dampedTask];
