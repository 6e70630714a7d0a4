import { loadOnnx, type Sample, verifyOnnx } from "@unrolled/backend-onnx";
import type { ForecastRun, RawForecaster } from "@unrolled/train";
import { formatSmall } from "../numbers.js";

/** How model.onnx did in ONNX Runtime. */
export interface ModelCheck {
  readonly runtime: "onnxruntime-node" | "onnxruntime-web";
  /** How many forecasts were made with it. */
  readonly forecasts: number;
  /** The largest difference to the forecasts of the run, in units of the scale. */
  readonly largestDifference: number;
}

/** The largest difference to the forecasts of the run that is let pass, in units of the scale. */
export const modelTolerance = 1e-5;
const mostForecasts = 100;
const batchSize = 8;
const remedy = "nothing was written; --no-onnx leaves model.onnx out";

interface Known {
  readonly origin: number;
  readonly values: Float64Array;
}

/** The run's own forecasts, those of the backtest evenly thinned out, the last one always. */
function knownForecasts({ backtest, forecast, series }: ForecastRun): Known[] {
  const tested = backtest.model.map(({ origin, predicted }) => ({ origin, values: predicted }));
  const stride = Math.ceil(tested.length / (mostForecasts - 1));
  return [...tested.filter((_, i) => i % stride === 0), { origin: series.values.length, values: forecast.values }];
}

function samplesOf(raw: RawForecaster, run: ForecastRun, known: readonly Known[]): Sample[] {
  const batches: Known[][] = [];
  for (let i = 0; i < known.length; i += batchSize) batches.push(known.slice(i, i + batchSize));
  return batches.map((batch) => ({
    inputs: raw.inputsOf(
      run.series,
      batch.map(({ origin }) => origin),
    ),
    outputs: { forecast: Float64Array.from(batch.flatMap(({ values }) => [...values])) },
  }));
}

/** What float64 tells apart in values of this size may differ too: sums are added up in another order. */
function roundingOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return 16 * Number.EPSILON * largest;
}

/**
 * Runs model.onnx in ONNX Runtime from the origins of the backtest and from the end, and compares it with the run's forecasts.
 *
 * @throws Error if it cannot be run, or differs by more than 1e-5 of the scale
 */
export async function checkModel(bytes: Uint8Array, raw: RawForecaster, run: ForecastRun): Promise<ModelCheck> {
  const known = knownForecasts(run);
  const { provider, absolute } = await largestDifference(bytes, samplesOf(raw, run, known));
  if (!(absolute <= Math.max(modelTolerance * raw.scale, roundingOf(run.series.values)))) {
    const size = formatSmall(absolute / raw.scale);
    throw new Error(`model.onnx forecasts something else in ONNX Runtime, by ${size} of the scale: ${remedy}`);
  }
  return {
    runtime: provider === "cpu" ? "onnxruntime-node" : "onnxruntime-web",
    forecasts: known.length,
    largestDifference: absolute / raw.scale,
  };
}

async function largestDifference(
  bytes: Uint8Array,
  samples: readonly Sample[],
): Promise<{ provider: string; absolute: number }> {
  try {
    const session = await loadOnnx(bytes, { provider: ["cpu", "wasm"], threads: 1 });
    try {
      const { forecast } = await verifyOnnx(session, samples);
      return { provider: session.provider, absolute: forecast.absolute };
    } finally {
      await session.dispose();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`model.onnx does not run in ONNX Runtime (${reason}): ${remedy}`, { cause: error });
  }
}
