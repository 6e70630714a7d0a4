import { type Backend, requireKnownOptions } from "@unrolled/backend";
import { Generator, getDefaultBackend, type Tensor } from "@unrolled/core";
import { DataLoader } from "@unrolled/datasets";
import { l1Loss } from "@unrolled/nn";
import { Adam } from "@unrolled/optim";
import { backtest } from "../backtest.js";
import { type FitResult, fit } from "../fit.js";
import { dayMs, formatDates } from "./dates.js";
import { Forecaster } from "./forecaster.js";
import { residualIntervals } from "./intervals.js";
import { OriginsDataset } from "./origins-dataset.js";
import { Predictor } from "./predictor.js";
import { type Prepared, prepare } from "./prepare.js";
import { baselineRows, guessNames, scoreRow, trainingScale } from "./scores.js";
import {
  type ForecastHooks,
  type ForecastOptions,
  type ForecastRun,
  forecastHooks,
  type SeriesInput,
} from "./types.js";

const level = 0.8;

/** From 1 down to a tenth along half a cosine. */
const cosine = (progress: number): number => 0.1 + 0.45 * (1 + Math.cos(Math.PI * progress));

async function train(
  model: Forecaster,
  prepared: Prepared,
  generator: Generator,
  backend: Backend,
  hooks: ForecastHooks,
): Promise<FitResult> {
  const { options, features } = prepared;
  const { batchSize } = options;
  const optimizer = new Adam(model.parameters(), { lr: options.lr });
  return fit({
    model,
    optimizer,
    loss: ([window, steps, target]: readonly Tensor[]) => l1Loss(model.forward(window, steps), target),
    train: new DataLoader(new OriginsDataset(features, prepared.trainOrigins), {
      batchSize,
      shuffle: true,
      generator,
      backend,
    }),
    validation: new DataLoader(new OriginsDataset(features, prepared.validationOrigins), { batchSize, backend }),
    epochs: prepared.constant ? 1 : options.epochs,
    patience: options.patience,
    clipGradNorm: options.clipGradNorm,
    schedule: cosine,
    ...(hooks.signal !== undefined && { signal: hooks.signal }),
    onBatch: (report) => hooks.onBatch?.(report),
    onEpoch: (report) => hooks.onEpoch?.(report),
  });
}

function stepOf({ spacing }: Prepared): "day" | "hour" | "other" {
  const { step } = spacing?.regular && spacing.unit === "milliseconds" ? spacing : { step: 0 };
  return step === dayMs ? "day" : step === dayMs / 24 ? "hour" : "other";
}

const farOff = 10;

function warnFarOff(mase: number, season: number, warnings: string[]): void {
  if (mase <= farOff) return;
  const times = Number.isFinite(mase) ? `${Math.round(mase).toLocaleString("en-US")} times` : "beyond any multiple of";
  const naive = season === 1 ? "the last value" : `the value ${season} steps back`;
  warnings.push(
    `the forecast is far worse than naive: its error on the held-back end is ${times} that of repeating ${naive} before it; the series may have changed`,
  );
}

const lowestLoss = ({ epochs, bestEpoch }: FitResult): number => epochs[bestEpoch - 1].validationLoss;

/**
 * Trains a recurrent network on a series, tests it on the held-back end against simple baselines, and forecasts what comes next.
 *
 * Everything that is fitted (scaler, weights, when to stop) sees only the values before the held-back end; each forecast of the
 * backtest sees only those before its origin. The intervals are the 10th and 90th percentile of the backtest's errors, step by
 * step; with few forecasts in it, plus and minus their size. Season and sizes follow the spacing of the dates. The same seed gives the same bits; no other random stream is touched.
 *
 * @throws ArgumentError if an option is unknown or out of range, a value is not finite, dates are malformed, or there are too few values
 * @throws the signal's reason when aborted
 * @example
 * const { backtest, forecast: next } = await forecast({ name: "births", ...usBirths() }, { horizon: 28 });
 * console.log(backtest.rows, next.values);
 */
export async function forecast(
  series: SeriesInput,
  options: Partial<ForecastOptions> = {},
  hooks: ForecastHooks = {},
): Promise<ForecastRun> {
  requireKnownOptions("forecast, hooks", hooks, forecastHooks);
  hooks.signal?.throwIfAborted();
  const warnings: string[] = [];
  const prepared = prepare(series, options, warnings);
  const { values, times, plan, trainEnd, scale, seasonReason } = prepared;
  hooks.onStart?.({ options: prepared.options, seasonReason, warnings: [...warnings] });
  const { backend = getDefaultBackend(), ...resolved } = prepared.options;
  const generator = new Generator(resolved.seed);
  const { cell, hiddenSize, numLayers, dropout, horizon, holdout, stride, season, longSeason } = resolved;
  const { windowSize, stepSize } = plan;
  const sizes = { cell, windowSize, stepSize, horizon, hiddenSize, numLayers, dropout };
  const model = new Forecaster(sizes, { generator, backend });
  const trained = await train(model, prepared, generator, backend, hooks);
  const used = !prepared.constant && lowestLoss(trained) < prepared.firstGuessLoss;
  if (!used) model.silence();
  const guess = guessNames(plan.firstGuess, season, longSeason);
  if (!used && !prepared.constant) {
    warnings.push(
      `the network did no better than its first guess on the validation part and is not used: the forecast is ${guess.words}`,
    );
  }

  const predictor = new Predictor(model, plan, scale, backend);
  const predict = (history: Float64Array): Promise<Float64Array> => {
    hooks.signal?.throwIfAborted();
    return predictor.predict(history, times?.slice(0, history.length + horizon) ?? null);
  };
  const testing = { holdout, horizon, stride };
  const runs = await backtest(values, predict, testing);
  const naiveError = trainingScale(values.slice(0, trainEnd), season);
  const baselines = await baselineRows(values, { ...testing, season, longSeason, step: stepOf(prepared) }, naiveError);
  const row = used
    ? scoreRow(cell.toUpperCase(), "model", runs, naiveError)
    : scoreRow(guess.name, "model", runs, naiveError, `the forecast: ${guess.words}; the network adds nothing`);
  warnFarOff(row.mase, season, warnings);
  const next = await predict(values);

  return {
    series,
    options: prepared.options,
    seasonReason,
    warnings,
    network: { used, firstGuess: guess.words },
    training: {
      epochs: trained.epochs,
      stoppedEarly: trained.stoppedEarly,
      bestEpoch: trained.bestEpoch,
      seconds: trained.seconds,
      parameterCount: model.parameters().reduce((sum, { size }) => sum + size, 0),
      samples: prepared.trainOrigins.length,
      validationSamples: prepared.validationOrigins.length,
    },
    backtest: {
      origins: runs.length,
      holdout,
      rows: [row, ...baselines],
      model: runs,
    },
    forecast: {
      ...(times !== null && { dates: formatDates(times.slice(values.length)) }),
      values: next,
      ...residualIntervals(next, runs, level),
      level,
    },
    model,
    config: {
      format: "unrolled-forecaster",
      version: 1,
      series: series.name,
      sizes,
      features: plan,
      scaler: prepared.scaler.toJSON(),
      options: resolved,
    },
  };
}
