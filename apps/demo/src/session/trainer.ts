import { ArgumentError, type HostTensor, type Runner } from "@unrolled/backend";
import { keep, scope, type Tensor, tensor, zeros } from "@unrolled/core";
import { joinStateDict, splitStateDict } from "@unrolled/optim";
import { cellKind } from "../cells/index.js";
import type { OpenEngine } from "../engines/engine.js";
import type { Batch, TaskRun } from "../tasks/task.js";
import type { CompiledTraining } from "./compiled-training.js";
import { createOptimizer, type Optimizer, stepOptions } from "./create-optimizer.js";
import type { NamedWeights } from "./look.js";
import { DemoModel } from "./model.js";
import { objective, toTensors } from "./objective.js";
import type { Settings } from "./settings.js";

/** All that training has changed so far, on the host: enough to go on elsewhere. */
export interface Checkpoint {
  readonly weights: readonly NamedWeights[];
  readonly optimizer: {
    readonly tensors: Readonly<Record<string, HostTensor>>;
    readonly meta: ReturnType<typeof splitStateDict>["meta"];
  } | null;
  readonly carried: readonly HostTensor[] | null;
}

const toHost = async (t: Tensor): Promise<HostTensor> => ({ data: await t.data(), shape: t.shape, dtype: t.dtype });

/** For snapshots, which on a device would wait for the garbage collector. */
async function readAndFree(t: Tensor): Promise<HostTensor["data"]> {
  const data = await t.data();
  t.dispose();
  return data;
}

/** One model in training on one engine. Counts nothing and keeps no curve: it is told which batch, at which rate. */
export class Trainer {
  readonly #run: TaskRun;
  readonly #engine: OpenEngine;
  readonly #model: DemoModel;
  #optimizer: Optimizer;
  #clipGradNorm: number;
  /** The state that the next update begins with, each [layers, 1, H]. */
  #carried: readonly Tensor[] | null = null;
  #compiled: CompiledTraining | null = null;
  readonly #stateNames: readonly string[];

  private constructor(run: TaskRun, engine: OpenEngine, model: DemoModel, settings: Settings) {
    this.#run = run;
    this.#engine = engine;
    this.#model = model;
    this.#optimizer = createOptimizer(settings, model.parameters());
    this.#clipGradNorm = settings.clipGradNorm;
    this.#stateNames = cellKind(settings.cell).stateNames;
  }

  static async create(settings: Settings, run: TaskRun, engine: OpenEngine, from: Checkpoint | null): Promise<Trainer> {
    const model = await new DemoModel(settings, run.shape).to(engine.backend);
    const trainer = new Trainer(run, engine, model, settings);
    if (from) await trainer.#restore(from);
    return trainer;
  }

  /** One update; returns the loss before it. */
  async update(batch: Batch, lr: number, startsAnew: boolean): Promise<number> {
    if (startsAnew) this.#dropCarried();
    for (const group of this.#optimizer.paramGroups) group.lr = lr;
    const { runner } = this.#engine;
    return runner ? this.#updateCompiled(batch, runner) : this.#updateEager(batch);
  }

  /** As `update`, where nothing has to be waited for; null where something has. */
  updateSync(batch: Batch, lr: number, startsAnew: boolean): number | null {
    if (this.#engine.runner || !this.#engine.backend.readSync) return null;
    if (startsAnew) this.#dropCarried();
    for (const group of this.#optimizer.paramGroups) group.lr = lr;
    return scope(() => this.#eagerLoss(batch).item());
  }

  async #updateEager(batch: Batch): Promise<number> {
    const loss = scope((): Tensor => this.#eagerLoss(batch));
    const [value] = await loss.data();
    loss.dispose();
    return value;
  }

  #eagerLoss(batch: Batch): Tensor {
    const before = this.#carried;
    const { carriesState } = this.#run;
    let last: readonly Tensor[] = [];
    const tensors = toTensors(batch, this.#run, this.#engine.backend);
    const loss = this.#optimizer.step(() => {
      const result = objective(this.#model, this.#run, tensors, before);
      if (carriesState) last = result.state.map((part) => keep(part.detach())); // the step frees what it made
      return result.loss;
    }, stepOptions(this.#clipGradNorm)) as Tensor;
    if (carriesState) {
      this.#carried = last;
      for (const part of before ?? []) part.dispose();
    }
    return loss;
  }

  async #updateCompiled(batch: Batch, runner: Runner): Promise<number> {
    const { x, y, lengths } = toTensors(batch, this.#run, this.#engine.backend);
    const carried = this.#run.carriesState ? (this.#carried ?? this.#zeroState()) : [];
    const inputs = [x, y, ...(lengths ? [lengths] : []), ...carried];
    this.#compiled ??= await this.#compile(runner, lengths !== null);
    const { loss, ...last } = await this.#compiled.run(...inputs);
    const [value] = await loss.data();
    if (this.#run.carriesState) this.#carried = Object.values(last);
    for (const made of [...inputs, loss]) made.dispose();
    return value;
  }

  async #compile(runner: Runner, withLengths: boolean): Promise<CompiledTraining> {
    const { compileTraining } = await import("./compiled-training.js");
    const parts = {
      model: this.#model,
      optimizer: this.#optimizer,
      run: this.#run,
      clipGradNorm: () => this.#clipGradNorm,
    };
    return compileTraining(parts, runner, withLengths);
  }

  #zeroState(): Tensor[] {
    const { numLayers, hiddenSize } = this.#model.recurrent;
    return this.#stateNames.map(() => zeros([numLayers, 1, hiddenSize], { backend: this.#engine.backend }));
  }

  #dropCarried(): void {
    for (const part of this.#carried ?? []) part.dispose();
    this.#carried = null;
  }

  /** The weights now, by PyTorch's names. */
  async weights(): Promise<NamedWeights[]> {
    await this.#compiled?.sync();
    const entries = Object.entries(this.#model.stateDict());
    return Promise.all(
      entries.map(async ([name, t]) => ({ name, shape: t.shape, values: Float32Array.from(await readAndFree(t)) })),
    );
  }

  async setWeight(name: string, index: number, value: number): Promise<void> {
    const weights = await this.weights();
    const one = weights.find((candidate) => candidate.name === name);
    if (!one || !(index in one.values))
      throw new ArgumentError("setWeight", `no number ${index} in "${name}"`, "use a name and an index that are shown");
    one.values[index] = value;
    this.#model.loadStateDict({ [name]: one.values }, { strict: false });
  }

  setClipGradNorm(norm: number): void {
    this.#clipGradNorm = norm;
  }

  /** The new optimiser begins without moments. */
  async setOptimizer(settings: Settings): Promise<void> {
    await this.#forgetCompiled();
    for (const [, t] of this.#optimizer.namedTensors()) t.dispose();
    this.#optimizer = createOptimizer(settings, this.#model.parameters());
  }

  async checkpoint(): Promise<Checkpoint> {
    const weights = await this.weights();
    const { tensors, meta } = splitStateDict(this.#optimizer.stateDict());
    const entries = Object.entries(tensors).map(async ([name, t]) => {
      const { shape, dtype } = t;
      return [name, { data: await readAndFree(t), shape, dtype }] as const;
    });
    const carried = this.#carried && (await Promise.all(this.#carried.map(toHost)));
    return { weights, optimizer: { tensors: Object.fromEntries(await Promise.all(entries)), meta }, carried };
  }

  async #restore({ weights, optimizer, carried }: Checkpoint): Promise<void> {
    this.#model.loadStateDict(Object.fromEntries(weights.map(({ name, values }) => [name, values])));
    if (optimizer) this.#optimizer.loadStateDict(joinStateDict(optimizer.tensors, optimizer.meta));
    const { backend } = this.#engine;
    this.#carried = carried?.map(({ data, shape, dtype }) => keep(tensor(data, { shape, dtype, backend }))) ?? null;
  }

  async #forgetCompiled(): Promise<void> {
    await this.#compiled?.dispose();
    this.#compiled = null;
  }

  /** Frees what it holds on its engine, which stays open. */
  async dispose(): Promise<void> {
    await this.#forgetCompiled();
    this.#dropCarried();
    this.#optimizer.zeroGrad();
    for (const [, t] of this.#optimizer.namedTensors()) t.dispose();
    for (const [, t] of this.#model.namedTensors()) t.dispose();
  }
}
