// Loaded with the first task that needs it.
import { Generator } from "@unrolled/core";
import { dampedSine, sawtooth, sine, sumOfSines } from "@unrolled/datasets";
import type { Settings } from "../session/settings.js";
import { forecast, numbered } from "./forecast.js";
import type { TaskRun } from "./task.js";

interface Wave {
  readonly values: Float64Array;
  /** The options that make them, as source code. */
  readonly code: string;
}

type Make = (options: Readonly<Record<string, number>>, settings: Settings) => Wave;

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
    code: `{ ${literal}, generator: new Generator(${seed}) }`,
  };
}

const waves = {
  sine: (o, settings) =>
    made(
      sine,
      { length: o.length, period: o.period, amplitude: o.amplitude, phase: radians(o.phase), noise: o.noise },
      settings,
    ),
  sumOfSines: (o, settings) =>
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
  sawtooth: (o, settings) =>
    made(
      sawtooth,
      { length: o.length, period: o.period, amplitude: o.amplitude, phase: radians(o.phase), noise: o.noise },
      settings,
    ),
  dampedSine: (o, settings) =>
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
} satisfies Readonly<Record<string, Make>>;

/** A function of "@unrolled/datasets". */
export type WaveName = keyof typeof waves;

/** `name` stands in the source code: the function's own name would not survive minifying. */
export function waveRun(name: WaveName, options: Readonly<Record<string, number>>, settings: Settings): TaskRun {
  const { values, code } = waves[name](options, settings);
  return forecast(settings, {
    values,
    labels: numbered(values.length),
    unit: "",
    testFrom: Math.round(values.length * 0.8),
    source: { imports: [`import { ${name} } from "unrolled";`], code: `const raw = ${name}(${code});` },
  });
}
