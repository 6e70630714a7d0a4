import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { Generator, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { DataLoader } from "@unrolled/datasets";
import { Linear, mseLoss } from "@unrolled/nn";
import { ExponentialLR, ReduceLROnPlateau, SGD, StepLR } from "@unrolled/optim";
import { type BatchReport, type EpochReport, type FitOptions, fit } from "@unrolled/train";
import { describe, expect, it } from "vitest";

setDefaultBackend(cpu());

type Batch = readonly [Tensor, Tensor];
/** y = 2x + 1 */
const samples = Array.from({ length: 10 }, (_, i) => [[i / 10], [(2 * i) / 10 + 1]] as const);

function line(options: Partial<FitOptions<Batch>> & { lr?: number; seed?: number } = {}) {
  const { lr = 0.3, seed = 0, ...rest } = options;
  const generator = new Generator(seed);
  const model = new Linear(1, 1, { generator });
  const train = new DataLoader(samples, { batchSize: 4, shuffle: true, generator });
  const full: FitOptions<Batch> = {
    model,
    optimizer: new SGD(model.parameters(), { lr }),
    loss: ([x, y]) => mseLoss(model.forward(x), y),
    train: train as FitOptions<Batch>["train"],
    epochs: 60,
    ...rest,
  };
  return { model, options: full };
}

/** A validation whose losses are given, epoch by epoch, whatever the model does. */
function scripted(
  losses: readonly number[],
): Pick<FitOptions<Batch>, "validation"> & { loss: (batch: Batch) => Tensor } {
  let epoch = 0;
  const validation = {
    length: 1,
    *[Symbol.iterator](): Iterator<Batch> {
      yield [tensor([losses[epoch++]]), tensor([0])];
    },
  };
  return { validation, loss: ([x]) => x.sum() };
}

describe("fit", () => {
  it("learns a line", async () => {
    const { model, options } = line();
    const { epochs, stoppedEarly } = await fit(options);
    expect(model.weight.item()).toBeCloseTo(2, 1);
    expect(model.bias?.item()).toBeCloseTo(1, 1);
    expect(epochs).toHaveLength(60);
    expect(stoppedEarly).toBe(false);
    expect(epochs[59].trainLoss).toBeLessThan(epochs[0].trainLoss / 100);
    expect(model.training).toBe(false);
  });

  it("gives the same bits for the same seed, and others for another", async () => {
    const run = async (seed: number): Promise<number[]> => {
      const { model, options } = line({ seed, epochs: 3 });
      const { epochs } = await fit(options);
      return [model.weight.item(), ...epochs.map(({ trainLoss }) => trainLoss)];
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });

  it("stops after `patience` epochs without a better validation, with the best epoch's weights", async () => {
    const weights: number[] = [];
    const { validation, loss: readLoss } = scripted([5, 3, 4, 3.5, 9, 9]);
    const { model, options } = line({
      epochs: 10,
      patience: 2,
      ...(validation && { validation }),
      onEpoch: () => weights.push(model.weight.item()),
    });
    const trainLoss = options.loss;
    const result = await fit({ ...options, loss: (batch) => (model.training ? trainLoss(batch) : readLoss(batch)) });
    expect(result.epochs.map(({ validationLoss }) => validationLoss)).toEqual([5, 3, 4, 3.5]);
    expect(result.epochs.map(({ best }) => best)).toEqual([true, true, false, false]);
    expect(result).toMatchObject({ bestEpoch: 2, stoppedEarly: true });
    expect(new Set(weights).size).toBe(4);
    expect(model.weight.item()).toBe(weights[1]);
  });

  it("reports every batch and epoch, and the time left", async () => {
    const batches: BatchReport[] = [];
    const epochs: EpochReport[] = [];
    const { options } = line({ epochs: 2, onBatch: (r) => batches.push(r), onEpoch: (r) => epochs.push(r) });
    const result = await fit(options);
    expect(batches.map(({ epoch, batch, batches: of }) => [epoch, batch, of])).toEqual([
      [1, 1, 3],
      [1, 2, 3],
      [1, 3, 3],
      [2, 1, 3],
      [2, 2, 3],
      [2, 3, 3],
    ]);
    expect(batches.map(({ secondsLeft }) => secondsLeft === null)).toEqual([true, false, false, false, false, false]);
    expect(batches[5].secondsLeft).toBe(0);
    expect(result.epochs).toEqual(epochs);
    expect(epochs[1].seconds).toBeGreaterThanOrEqual(epochs[0].seconds);
  });

  it("weighs the last, smaller batch by its size", async () => {
    const { options } = line({ epochs: 1, lr: 0, seed: 3 });
    const { model } = line({ seed: 3 });
    const [x, y] = [samples.map(([input]) => input), samples.map(([, target]) => target)].map((rows) => tensor(rows));
    const expected = mseLoss(model.forward(x), y).item();
    expect((await fit(options)).epochs[0].trainLoss).toBeCloseTo(expected, 6);
  });

  it("asks the schedule before each batch, and puts the rate back", async () => {
    const asked: number[] = [];
    const { options } = line({ epochs: 2, schedule: (progress) => 0 * asked.push(progress) });
    const before = (options.model as Linear).weight.item();
    await fit(options);
    expect(asked.map((p) => +p.toFixed(3))).toEqual([0, 0.167, 0.333, 0.5, 0.667, 0.833]);
    expect((options.model as Linear).weight.item()).toBe(before);
    expect(options.optimizer.paramGroups[0].lr).toBe(0.3);
  });

  it("steps a scheduler after each epoch, and leaves the rates to it", async () => {
    const { options } = line({ epochs: 3, lr: 0.25 });
    const optimizer = options.optimizer as SGD;
    const seen: number[] = [];
    const onBatch = (): unknown => seen.push(optimizer.paramGroups[0].lr);
    const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
    await fit({ ...options, scheduler, onBatch });
    expect(seen).toEqual([0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625, 0.0625, 0.0625]);
    expect([optimizer.paramGroups[0].lr, scheduler.lastEpoch]).toEqual([0.03125, 3]);
  });

  it("steps a scheduler after each batch", async () => {
    const { options } = line({ epochs: 2, lr: 0.25 });
    const optimizer = options.optimizer as SGD;
    const used: number[] = [];
    const stepper = {
      paramGroups: optimizer.paramGroups,
      step: (fn: () => Tensor): Tensor => {
        used.push(optimizer.paramGroups[0].lr);
        return optimizer.step(fn);
      },
    };
    const scheduler = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
    const own = { optimizer: stepper, step: (): void => scheduler.step() };
    await fit({ ...options, optimizer: stepper, scheduler: { scheduler: own, interval: "batch" } });
    expect(used).toEqual([0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625]);
    expect(scheduler.lastEpoch).toBe(6);
  });

  it("gives a plateau the validation loss", async () => {
    const { validation, loss: readLoss } = scripted([5, 6, 4, 4.5]);
    const { model, options } = line({ epochs: 4, lr: 0.25, ...(validation && { validation }) });
    const optimizer = options.optimizer as SGD;
    const rates: number[] = [];
    const trainLoss = options.loss;
    const scheduler = new ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5 });
    await fit({
      ...options,
      scheduler,
      loss: (batch) => (model.training ? trainLoss(batch) : readLoss(batch)),
      onEpoch: () => rates.push(optimizer.paramGroups[0].lr),
    });
    expect(rates).toEqual([0.25, 0.125, 0.125, 0.0625]);
    expect(scheduler.stateDict().best).toBe(4);
  });

  it("refuses schedulers that cannot work", async () => {
    const { options } = line();
    const optimizer = options.optimizer as SGD;
    const plateau = new ReduceLROnPlateau(optimizer);
    const foreign = new StepLR(line().options.optimizer as SGD, { stepSize: 1 });
    const told = (given: object, message: RegExp): Promise<void> =>
      expect(fit({ ...options, ...given })).rejects.toThrow(message);
    await told({ scheduler: plateau, schedule: () => 1 }, /schedule and scheduler both/);
    await told({ scheduler: { scheduler: plateau, interval: "batch" } }, /ReduceLROnPlateau needs the validation loss/);
    await told({ scheduler: { scheduler: plateau, interval: "step" } }, /interval "step"/);
    await told({ scheduler: { scheduler: plateau, every: 1 } }, /fit, scheduler: unknown option every/);
    await told({ scheduler: {} }, /scheduler is none/);
    await told({ scheduler: foreign }, /belongs to another optimiser/);
  });

  it("refuses options that it does not know", async () => {
    const given = { ...line().options, clip_grad_norm: 1 };
    await expect(fit(given)).rejects.toThrow(ArgumentError);
    await expect(fit(given)).rejects.toThrow("fit: unknown option clip_grad_norm; did you mean clipGradNorm?");
  });

  it("refuses parts that are missing or of another kind", async () => {
    const { options } = line();
    const given = (part: object): Promise<unknown> => fit({ ...options, ...part });
    await expect(given({ model: undefined })).rejects.toThrow("fit: model is undefined; give a Module");
    await expect(given({ optimizer: {} })).rejects.toThrow("fit: optimizer is {}; give one, such as new Adam");
    await expect(given({ loss: 1 })).rejects.toThrow("fit: loss is 1; give a function of a batch");
    await expect(given({ train: undefined })).rejects.toThrow("fit: train is undefined, no batches");
    await expect(given({ train: options.train[Symbol.iterator]() })).rejects.toThrow(/wrap samples in a DataLoader/);
    await expect(given({ validation: {} })).rejects.toThrow("fit: validation is {}, no batches");
  });

  it("refuses batches that are gone after the first epoch", async () => {
    const { options } = line({ epochs: 3 });
    const batches = [...options.train];
    const once = { length: batches.length, [Symbol.iterator]: () => batches.splice(0).values() };
    await expect(fit({ ...options, train: once })).rejects.toThrow("fit: train gave no batch in epoch 2");
  });

  it("clips gradients", async () => {
    const { model, options } = line({ epochs: 1, lr: 1, clipGradNorm: 1e-3 });
    const before = model.weight.item();
    await fit(options);
    expect(Math.abs(model.weight.item() - before)).toBeLessThanOrEqual(3e-3 + 1e-6);
    expect(model.weight.item()).not.toBe(before);
  });

  it("lets timers run, and stops with the signal's reason between batches", async () => {
    const controller = new AbortController();
    let reports = 0;
    const { model, options } = line({ epochs: 100_000, signal: controller.signal, onBatch: () => reports++ });
    setTimeout(() => controller.abort(new Error("enough")), 40);
    await expect(fit(options)).rejects.toThrow("enough");
    const until = reports;
    expect(until).toBeLessThan(300_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(reports).toBe(until);
    expect(model.training).toBe(false);
  });

  it("does nothing when aborted beforehand", async () => {
    const { model, options } = line({ signal: AbortSignal.abort(new Error("no")) });
    const before = model.weight.item();
    await expect(fit(options)).rejects.toThrow("no");
    expect(model.weight.item()).toBe(before);
  });

  it("says where the loss stops being a number", async () => {
    const { options } = line({ lr: 1e20 });
    await expect(fit(options)).rejects.toThrow(/the loss is (NaN|Infinity) in epoch 1, batch \d/);
  });

  it("refuses options out of range", async () => {
    await expect(fit(line({ epochs: 0 }).options)).rejects.toThrow(/epochs 0/);
    await expect(fit(line({ patience: 0 }).options)).rejects.toThrow(/patience 0/);
  });
});
