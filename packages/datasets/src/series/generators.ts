import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { defaultGenerator, describeValue, type Generator } from "@unrolled/core";
import { requireFinite, requireGiven, requireInteger, requirePositive } from "../check.js";

/** What every generated series takes. */
export interface NoiseOptions {
  /** Number of points. */
  readonly length: number;
  /** Standard deviation of normal noise added to each point. Default 0: none is drawn. */
  readonly noise?: number;
  /** Where the noise comes from. Default `defaultGenerator()`. */
  readonly generator?: Generator;
}

const noiseOptions: readonly (keyof NoiseOptions)[] = ["length", "noise", "generator"];

/** One wave. */
export interface Wave {
  /** Points in one turn; any number above 0. */
  readonly period: number;
  /** Height of the crest. Default 1. */
  readonly amplitude?: number;
  /** Radians at point 0. Default 0. */
  readonly phase?: number;
}

const waveOptions: readonly (keyof Wave)[] = ["period", "amplitude", "phase"];

/**
 * `amplitude * sin(2 pi t / period + phase)` for t = 0 .. length - 1.
 *
 * @example
 * sine({ length: 100, period: 25, noise: 0.1, generator: new Generator(1) });
 */
export function sine(options: NoiseOptions & Wave): Float64Array {
  requireKnownOptions("sine", options, [...noiseOptions, ...waveOptions]);
  const at = waveAt("sine", options);
  return generate("sine", options, at);
}

/**
 * The sum of several sines.
 *
 * @throws ArgumentError for what is no list of waves, or an empty one
 * @example
 * sumOfSines({ length: 365, waves: [{ period: 7 }, { period: 30, amplitude: 0.5 }] });
 */
export function sumOfSines(options: NoiseOptions & { readonly waves: readonly Wave[] }): Float64Array {
  requireKnownOptions("sumOfSines", options, [...noiseOptions, "waves"]);
  requireGiven("sumOfSines", "waves", options.waves, "a list, such as { waves: [{ period: 7 }, { period: 30 }] }");
  if (!Array.isArray(options.waves))
    throw new ArgumentError("sumOfSines", `waves is ${describeValue(options.waves)}`, "give a list: [{ period: 7 }]");
  if (options.waves.length === 0)
    throw new ArgumentError("sumOfSines", "waves is empty", "give at least one: [{ period: 7 }]");
  const waves = options.waves.map((wave: Wave, i) => {
    const op = `sumOfSines, waves[${i}]`;
    requireKnownOptions(op, wave, waveOptions);
    return waveAt(op, wave);
  });
  return generate("sumOfSines", options, (t) => waves.reduce((sum, at) => sum + at(t), 0));
}

/**
 * Rises evenly from `-amplitude` to just below `amplitude`, then falls back, once a period. A phase of 2 pi is one period.
 *
 * @example
 * sawtooth({ length: 8, period: 4 }); // -1, -0.5, 0, 0.5, -1, -0.5, 0, 0.5
 */
export function sawtooth(options: NoiseOptions & Wave): Float64Array {
  requireKnownOptions("sawtooth", options, [...noiseOptions, ...waveOptions]);
  const { period, amplitude, phase } = checkedWave("sawtooth", options);
  const shift = phase / (2 * Math.PI);
  return generate("sawtooth", options, (t) => {
    const turns = t / period + shift;
    return amplitude * (2 * (turns - Math.floor(turns)) - 1);
  });
}

/**
 * A sine whose amplitude shrinks by the factor `exp(-decay)` at each point.
 *
 * @example
 * dampedSine({ length: 200, period: 20, decay: 0.02 });
 */
export function dampedSine(options: NoiseOptions & Wave & { readonly decay: number }): Float64Array {
  requireKnownOptions("dampedSine", options, [...noiseOptions, ...waveOptions, "decay"]);
  const at = waveAt("dampedSine", options);
  requireGiven(
    "dampedSine",
    "decay",
    options.decay,
    "what the amplitude shrinks by at each point, such as { decay: 0.02 }",
  );
  requireFinite("dampedSine", "decay", options.decay);
  return generate("dampedSine", options, (t) => Math.exp(-options.decay * t) * at(t));
}

function checkedWave(op: string, { period, amplitude = 1, phase = 0 }: Wave): Required<Wave> {
  requireGiven(op, "period", period, "the points in one turn, such as { period: 25 }");
  requirePositive(op, "period", period);
  requireFinite(op, "amplitude", amplitude);
  requireFinite(op, "phase", phase);
  return { period, amplitude, phase };
}

function waveAt(op: string, wave: Wave): (t: number) => number {
  const { period, amplitude, phase } = checkedWave(op, wave);
  return (t) => amplitude * Math.sin((2 * Math.PI * t) / period + phase);
}

function generate(op: string, { length, noise = 0, generator }: NoiseOptions, at: (t: number) => number): Float64Array {
  requireGiven(op, "length", length, "the number of points, such as { length: 100 }");
  requireInteger(op, "length", length, 1);
  requireFinite(op, "noise", noise);
  if (noise < 0) throw new ArgumentError(op, `noise is ${noise}`, "give a standard deviation of at least 0");
  const values = new Float64Array(length);
  for (let t = 0; t < length; t++) values[t] = at(t);
  if (noise > 0) {
    const source = generator ?? defaultGenerator();
    for (let t = 0; t < length; t++) values[t] += noise * source.normal();
  }
  return values;
}
