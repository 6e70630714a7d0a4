import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { describeValue, noGrad, scope, Tensor } from "@unrolled/core";
import type { Module, StateDict } from "@unrolled/nn";
import { EventLoop } from "./event-loop.js";
import { type Scheduler, type SchedulerOptions, schedulerOf } from "./fit-scheduler.js";
import { Progress } from "./progress.js";

/** What `onEpoch` is told. */
export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly trainLoss: number;
  /** The training loss, if there is no validation. */
  readonly validationLoss: number;
  /** The lowest so far. */
  readonly best: boolean;
  /** Since the start of training. */
  readonly seconds: number;
  /** To the last epoch, if training does not stop early. */
  readonly secondsLeft: number;
}

/** What `onBatch` is told. */
export interface BatchReport {
  readonly epoch: number;
  readonly epochs: number;
  /** From 1. */
  readonly batch: number;
  readonly batches: number;
  readonly loss: number;
  /** Null for the first batch. */
  readonly secondsLeft: number | null;
}

/** Batches that can be gone through again and again; a `DataLoader` is one. */
export interface Batches<B> extends Iterable<B> {
  readonly length: number;
}

/** The part of an `Optimizer` that `fit` uses. */
export interface Stepper {
  readonly paramGroups: readonly { lr: number }[];
  step(fn: () => Tensor, options?: { readonly clipGradNorm?: number }): Tensor;
}

/** Options of `fit`. */
export interface FitOptions<B> {
  /** The module to train. */
  readonly model: Module;
  /** What changes its parameters. */
  readonly optimizer: Stepper;
  /** A batch's scalar loss, forward pass included. Synchronous. */
  readonly loss: (batch: B) => Tensor;
  /** Batches to learn from. */
  readonly train: Batches<B>;
  /** Without it, the training loss decides which epoch is best. */
  readonly validation?: Batches<B>;
  /** Passes over the batches. */
  readonly epochs: number;
  /** Stop after this many epochs without a new best. Default: never. */
  readonly patience?: number;
  /** Largest total norm of the gradients. Default: no limit. */
  readonly clipGradNorm?: number;
  /** Factor on every group's learning rate, asked before each batch; `progress` runs from 0 to below 1. Default: 1 throughout. The rates are put back at the end. */
  readonly schedule?: (progress: number) => number;
  /**
   * Stepped after each epoch, or after each batch: `{ scheduler, interval: "batch" }`. It gets the validation loss (without
   * validation, the training loss; of a batch, its loss), which only ReduceLROnPlateau looks at. The rates stay as it left them.
   * Not together with `schedule`.
   */
  readonly scheduler?: Scheduler | SchedulerOptions;
  /** Stops with the signal's reason, between batches. */
  readonly signal?: AbortSignal;
  /** Called after each batch. */
  readonly onBatch?: (report: BatchReport) => void;
  /** Called after each pass. */
  readonly onEpoch?: (report: EpochReport) => void;
}

const known: readonly (keyof FitOptions<unknown>)[] = [
  "model",
  "optimizer",
  "loss",
  "train",
  "validation",
  "epochs",
  "patience",
  "clipGradNorm",
  "schedule",
  "scheduler",
  "signal",
  "onBatch",
  "onEpoch",
];

/** What `fit` returns. */
export interface FitResult {
  readonly epochs: EpochReport[];
  /** From 1; its weights are the model's now. */
  readonly bestEpoch: number;
  readonly stoppedEarly: boolean;
  readonly seconds: number;
}

const firstTensorSize = (batch: unknown): number => {
  const first = Array.isArray(batch) ? batch.find((part) => part instanceof Tensor) : batch;
  return first instanceof Tensor && first.rank > 0 ? first.shape[0] : 1;
};

async function numberOf(loss: Tensor): Promise<number> {
  const [value] = await loss.data();
  loss.dispose();
  return value;
}

/** Mean of the batches' losses, each weighted by the size of its first tensor's first axis. */
class LossMean {
  #sum = 0;
  #weight = 0;

  add(loss: number, batch: unknown): void {
    const weight = firstTensorSize(batch);
    this.#sum += loss * weight;
    this.#weight += weight;
  }

  get value(): number {
    return this.#sum / this.#weight;
  }
}

async function meanLoss<B>(loss: (batch: B) => Tensor, batches: Batches<B>, loop: EventLoop): Promise<number> {
  const mean = new LossMean();
  for (const batch of batches) {
    mean.add(await numberOf(scope((): Tensor => noGrad(() => loss(batch)))), batch);
    await loop.yieldIfDue();
  }
  return mean.value;
}

function disposeAll(state: StateDict | null): void {
  for (const tensor of Object.values(state ?? {})) tensor.dispose();
}

function requireBatches(name: string, batches: Batches<unknown>): void {
  const { length, [Symbol.iterator]: iterator } = Object(batches) as Partial<Batches<unknown>>;
  if (typeof iterator !== "function" || typeof length !== "number")
    throw new ArgumentError(
      "fit",
      `${name} is ${describeValue(batches)}, no batches that can be gone through again and again`,
      "wrap samples in a DataLoader, or give an array of batches",
    );
  if (length < 1) throw new ArgumentError("fit", `${name} has no batches`, "give at least one");
}

function check<B>(options: FitOptions<B>): void {
  requireKnownOptions("fit", options, known);
  const { model, optimizer, loss, train, validation, epochs, patience, schedule, scheduler } = options;
  const isModule = typeof (model as Partial<Module> | undefined)?.stateDict === "function";
  if (!isModule) throw new ArgumentError("fit", `model is ${describeValue(model)}`, "give a Module");
  const isOptimizer = Array.isArray((optimizer as Partial<Stepper> | undefined)?.paramGroups);
  if (!isOptimizer)
    throw new ArgumentError(
      "fit",
      `optimizer is ${describeValue(optimizer)}`,
      "give one, such as new Adam(model.parameters())",
    );
  if (typeof loss !== "function")
    throw new ArgumentError(
      "fit",
      `loss is ${describeValue(loss)}`,
      "give a function of a batch: ([x, y]) => mseLoss(model.forward(x), y)",
    );
  if (!Number.isInteger(epochs) || epochs < 1)
    throw new ArgumentError("fit", `epochs ${describeValue(epochs)}`, "use a positive integer");
  if (patience !== undefined && (!Number.isInteger(patience) || patience < 1))
    throw new ArgumentError("fit", `patience ${describeValue(patience)}`, "use a positive integer, or leave it out");
  if (schedule !== undefined && scheduler !== undefined)
    throw new ArgumentError("fit", "schedule and scheduler both set the rates", "leave out one of them");
  requireBatches("train", train);
  if (validation !== undefined) requireBatches("validation", validation);
}

/**
 * Trains a model: epochs over the batches, a validation after each, early stopping. At the end the model has the weights of
 * its best epoch, and is in evaluation mode. After an error or an abort it keeps the weights of the last step.
 *
 * Frees what each batch made, gives the event loop its turn between batches, and draws no random numbers of its own.
 *
 * @throws ArgumentError for options that are missing, unknown or do not go together, and if the loss is not a finite number any more
 * @throws the signal's reason when aborted
 * @example
 * const { bestEpoch } = await fit({
 *   model,
 *   optimizer: new Adam(model.parameters()),
 *   loss: ([x, y]) => mseLoss(model.forward(x), y),
 *   train: new DataLoader(windows, { batchSize: 32, shuffle: true }),
 *   epochs: 10,
 * });
 */
export async function fit<B>(options: FitOptions<B>): Promise<FitResult> {
  check(options);
  const { model, optimizer, loss, train, validation, epochs, patience, clipGradNorm, signal } = options;
  const { schedule } = options;
  const stepping = options.scheduler === undefined ? null : schedulerOf(options.scheduler, optimizer);
  const loop = new EventLoop();
  const progress = new Progress(train.length, epochs);
  const rates = optimizer.paramGroups.map(({ lr }) => lr);
  const scaleRates = (factor: number): void => {
    for (const [i, group] of optimizer.paramGroups.entries()) group.lr = rates[i] * factor;
  };
  const started = performance.now();
  const seconds = (since = started): number => (performance.now() - since) / 1000;
  const history: EpochReport[] = [];
  let best: { epoch: number; loss: number } = { epoch: 0, loss: Number.POSITIVE_INFINITY };
  let bestWeights: StateDict | null = null;

  const runEpoch = async (epoch: number): Promise<number> => {
    const mean = new LossMean();
    let batchNumber = 0;
    model.train();
    for (const batch of train) {
      signal?.throwIfAborted();
      const batchStarted = performance.now();
      if (schedule !== undefined) scaleRates(schedule((epoch - 1 + batchNumber / train.length) / epochs));
      const value = await numberOf(
        optimizer.step(() => loss(batch), clipGradNorm === undefined ? {} : { clipGradNorm }),
      );
      batchNumber++;
      if (!Number.isFinite(value)) {
        throw new ArgumentError(
          "fit",
          `the loss is ${value} in epoch ${epoch}, batch ${batchNumber}`,
          "lower the learning rate, set clipGradNorm, and check the data for NaN",
        );
      }
      if (stepping?.interval === "batch") stepping.scheduler.step(value);
      mean.add(value, batch);
      await loop.yieldIfDue();
      progress.batchTook(seconds(batchStarted));
      options.onBatch?.({
        epoch,
        epochs,
        batch: batchNumber,
        batches: train.length,
        loss: value,
        secondsLeft: progress.secondsLeft,
      });
    }
    if (batchNumber === 0)
      throw new ArgumentError(
        "fit",
        `train gave no batch in epoch ${epoch}`,
        "give batches that can be gone through again",
      );
    return mean.value;
  };

  const validate = async (): Promise<number | null> => {
    if (validation === undefined) return null;
    const validationStarted = performance.now();
    model.eval();
    const value = await meanLoss(loss, validation, loop);
    progress.validationTook(seconds(validationStarted));
    return value;
  };

  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const trainLoss = await runEpoch(epoch);
      const validationLoss = (await validate()) ?? trainLoss;
      if (stepping?.interval === "epoch") stepping.scheduler.step(validationLoss);
      const isBest = validationLoss < best.loss || bestWeights === null;
      if (isBest) {
        best = { epoch, loss: validationLoss };
        disposeAll(bestWeights);
        bestWeights = model.stateDict();
      }
      const secondsLeft = progress.secondsLeft ?? 0;
      const report = { epoch, epochs, trainLoss, validationLoss, best: isBest, seconds: seconds(), secondsLeft };
      history.push(report);
      options.onEpoch?.(report);
      if (patience !== undefined && epoch - best.epoch >= patience) break;
    }
    signal?.throwIfAborted();
    const restored = bestWeights;
    if (restored !== null) scope((): void => void model.loadStateDict(restored));
  } finally {
    disposeAll(bestWeights);
    if (schedule !== undefined) scaleRates(1);
    model.eval();
  }
  return { epochs: history, bestEpoch: best.epoch, stoppedEarly: history.length < epochs, seconds: seconds() };
}
