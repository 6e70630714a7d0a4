import { Generator } from "@unrolled/core";
import { dampedSine, sawtooth, sine, sumOfSines } from "@unrolled/datasets";
import type { Settings } from "../session/settings.js";
import { forecast, numbered } from "./forecast.js";
import { readOptions } from "./options.js";
import type { Task, TaskOption } from "./task.js";

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

interface Wave {
  readonly values: Float64Array;
  /** The expression that makes them. */
  readonly code: string;
}

/** A task on a series that a formula makes. */
function waveTask(
  task: Pick<Task, "id" | "title" | "summary" | "goal" | "options">,
  functionName: string,
  wave: (options: Readonly<Record<string, number>>, settings: Settings) => Wave,
): Task {
  return {
    ...task,
    group: "Series",
    defaults: forecastDefaults,
    unused: [],
    open(settings) {
      const { values, code } = wave(readOptions(task.options, settings), settings);
      return forecast(settings, {
        values,
        labels: numbered(values.length),
        unit: "",
        testFrom: Math.round(values.length * 0.8),
        source: { imports: [`import { ${functionName} } from "unrolled";`], code: `const raw = ${code};` },
      });
    },
  };
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** `call` with these options, now and as source code. */
function made<O extends object>(
  call: (options: O & { generator: Generator }) => Float64Array,
  options: O,
  { seed }: Settings,
): Wave {
  const literal = JSON.stringify(options).slice(1, -1);
  return {
    values: call({ ...options, generator: new Generator(seed) }),
    code: `${call.name}({ ${literal}, generator: new Generator(${seed}) })`,
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
  (o, settings) =>
    made(
      sine,
      { length: o.length, period: o.period, amplitude: o.amplitude, phase: radians(o.phase), noise: o.noise },
      settings,
    ),
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
  (o, settings) =>
    made(
      sumOfSines,
      {
        length: o.length,
        waves: [
          { period: o.period, amplitude: o.amplitude },
          { period: o.secondPeriod, amplitude: o.secondAmplitude },
        ],
        noise: o.noise,
      },
      settings,
    ),
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
  (o, settings) =>
    made(
      sawtooth,
      { length: o.length, period: o.period, amplitude: o.amplitude, phase: radians(o.phase), noise: o.noise },
      settings,
    ),
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
  (o, settings) =>
    made(
      dampedSine,
      {
        length: o.length,
        period: o.period,
        amplitude: o.amplitude,
        phase: radians(o.phase),
        decay: -Math.log(1 - o.decay / 100),
        noise: o.noise,
      },
      settings,
    ),
);

export const waveTasks: readonly Task[] = [sineTask, sumTask, sawtoothTask, dampedTask];
