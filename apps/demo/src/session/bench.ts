import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope } from "@unrolled/core";
import type { EngineKind, OpenEngine } from "../engines/engine.js";
import { taskById } from "../tasks/index.js";
import type { Task, TaskRun } from "../tasks/task.js";
import type { Opened } from "./api.js";
import { CurveRecorder } from "./curve-recorder.js";
import { type EpochLength, epochsAt, withLength } from "./epochs.js";
import type { Progress } from "./look.js";
import { DemoModel } from "./model.js";
import { objective, toTensors } from "./objective.js";
import { learningRate } from "./optimizers.js";
import type { Change, DemoState, Settings } from "./settings.js";
import type { Stop } from "./stops.js";
import { Trainer } from "./trainer.js";

const sliceMs = 12;
const testsOverTheGoal = 200;

/** A lost device: nothing is left there to free. */
const tellNotFreed = (error: unknown): void => console.warn("What an engine held could not be freed:", error);

/** What a bench begins with. */
interface Parts {
  readonly start: DemoState;
  readonly settings: Settings;
  readonly task: Task;
  readonly run: TaskRun;
  readonly engine: OpenEngine;
  readonly trainer: Trainer;
  readonly stop: Stop | null;
}

/** One model in training: its data, the engine that trains it, and what has come of it. Sessions have one at a time. */
export class Bench {
  readonly task: Task;
  /** The same model on the CPU, which all views look into. */
  readonly twin: DemoModel;
  readonly recorder: CurveRecorder;
  readonly #start: DemoState;
  readonly #changes: Change[];
  #settings: Settings;
  #run: TaskRun;
  #engine: OpenEngine;
  #trainer: Trainer;
  #epochs: readonly EpochLength[];
  #update: number;
  #stopped: string | null;

  private constructor({ start, settings, task, run, engine, trainer, stop }: Parts) {
    this.task = task;
    this.twin = new DemoModel(settings, run.shape);
    this.recorder = stop?.recorder.copy() ?? new CurveRecorder();
    this.#start = start;
    this.#changes = [...(stop?.state.changes ?? [])];
    this.#settings = settings;
    this.#run = run;
    this.#engine = engine;
    this.#trainer = trainer;
    this.#epochs = stop?.epochs ?? withLength([], 0, run.updatesPerEpoch);
    this.#update = stop?.state.update ?? 0;
    this.#stopped = stop?.stopped ?? null;
  }

  /** Sets up the model of a state, untrained, or as it was at a stop. */
  static async open(state: DemoState, kind: EngineKind, stop: Stop | null): Promise<Bench> {
    const settings = { ...(stop?.settings ?? state.settings), engine: kind.id };
    const task = taskById(settings.task);
    const [run, engine] = await Promise.all([task.open(settings, state.series), kind.open()]);
    const trainer = await Trainer.create(settings, run, engine, stop?.checkpoint ?? null);
    return new Bench({ start: state, settings, task, run, engine, trainer, stop });
  }

  get run(): TaskRun {
    return this.#run;
  }

  get settings(): Settings {
    return this.#settings;
  }

  get update(): number {
    return this.#update;
  }

  /** Why training stopped by itself, or null. */
  get stopped(): string | null {
    return this.#stopped;
  }

  get state(): DemoState {
    const settings = { ...this.#start.settings, engine: this.#settings.engine };
    return { ...this.#start, settings, changes: [...this.#changes], update: this.#update };
  }

  get opened(): Opened {
    const run = this.#run;
    return {
      parameterCount: this.twin.parameterCount(),
      outputSize: run.shape.outputSize,
      examples: Array.from({ length: run.examples }, (_, i) => run.example(i).label),
      series: run.series,
      text: run.text,
      objective: run.objective,
      tested: run.test !== null,
      horizon: this.task.goal.updates,
      inputNames: run.inputNames ?? [],
      engine: this.#engine.words,
      left: null,
      problems: [],
    };
  }

  /** Updates for about 12 ms, one at least, as long as `goesOn` and the loss is finite. */
  async train(goesOn: () => boolean): Promise<void> {
    const run = this.#run;
    const end = performance.now() + sliceMs;
    do {
      const batch = run.batch(this.#update);
      const lr = learningRate(this.#settings, this.#update, this.task.goal.updates);
      const startsEpoch = this.#update % run.updatesPerEpoch === 0;
      const loss =
        this.#trainer.updateSync(batch, lr, startsEpoch) ?? (await this.#trainer.update(batch, lr, startsEpoch));
      const endsEpoch = (this.#update + 1) % run.updatesPerEpoch === 0;
      this.recorder.add(this.#update, loss, endsEpoch);
      this.#update++;
      if (!Number.isFinite(loss)) {
        this.#stopped = `The loss is ${loss}: the weights have grown without bound. Try a smaller rate or a clip, and reset.`;
        return;
      }
      if (this.#update % this.#testEvery === 0) await this.#test();
    } while (performance.now() < end && goesOn());
  }

  /** Training has failed. */
  stop(reason: string): void {
    this.#stopped = reason;
  }

  get #testEvery(): number {
    return Math.max(1, Math.floor(this.task.goal.updates / testsOverTheGoal));
  }

  async #test(): Promise<void> {
    const run = this.#run;
    const { test } = run;
    if (test === null) return;
    await this.refreshTwin();
    const loss = scope(() => noGrad(() => objective(this.twin, run, toTensors(test, run, cpu()), null).loss.item()));
    this.recorder.addTest(this.#update, loss, epochsAt(this.#epochs, this.#update));
  }

  /** The twin gets the weights that training has come to. */
  async refreshTwin(): Promise<void> {
    const weights = await this.#trainer.weights();
    this.twin.loadStateDict(Object.fromEntries(weights.map(({ name, values }) => [name, values])));
  }

  progress(): Omit<Progress, "playing" | "updatesPerSecond" | "notice"> {
    const { recorder } = this;
    return {
      update: this.#update,
      epoch: Math.floor(epochsAt(this.#epochs, this.#update)),
      epochs: this.#epochs,
      trainLoss: recorder.recent,
      testLoss: recorder.testLoss,
      lr: learningRate(this.#settings, this.#update, this.task.goal.updates),
      curve: recorder.curve(),
      epochLosses: Float64Array.from(recorder.epochLosses),
      epochTestLosses: Float64Array.from(recorder.epochTestLosses),
      stopped: this.#stopped,
      engine: this.#settings.engine,
    };
  }

  /** Whether the weight of a change is there. */
  fits(change: Change): boolean {
    if (change.kind === "setting") return true;
    const weight = this.twin.stateDict()[change.name];
    return weight !== undefined && change.index < weight.size;
  }

  /** Changes that a state names and that have not been made yet. */
  changesLeft({ changes }: DemoState): readonly Change[] {
    return changes.slice(this.#changes.length);
  }

  async apply(change: Change): Promise<void> {
    if (change.kind === "weight") await this.#trainer.setWeight(change.name, change.index, change.value);
    else {
      this.#settings = { ...this.#settings, [change.key]: change.value };
      if (change.key === "optimizer") await this.#trainer.setOptimizer(this.#settings);
      if (change.key === "clipGradNorm") this.#trainer.setClipGradNorm(Number(change.value));
      if (change.key === "batchSize") {
        this.#run = await this.task.open(this.#settings, this.#start.series);
        this.#epochs = withLength(this.#epochs, this.#update, this.#run.updatesPerEpoch);
      }
    }
    this.#changes.push(change);
    if (this.#stopped !== null && (await this.#isFinite())) this.#stopped = null;
  }

  /** Whether training can go on from the weights. */
  async #isFinite(): Promise<boolean> {
    return (await this.#trainer.weights()).every(({ values }) => values.every(Number.isFinite));
  }

  /** Goes on elsewhere with the same weights, moments and carried state. What cannot be had leaves all as it is. */
  async handOver(kind: EngineKind, next: OpenEngine): Promise<void> {
    const settings = { ...this.#settings, engine: kind.id };
    let trainer: Trainer;
    try {
      trainer = await Trainer.create(settings, this.#run, next, await this.#trainer.checkpoint());
    } catch (error) {
      await next.dispose();
      throw error;
    }
    await this.#trainer.dispose();
    await this.#engine.dispose();
    this.#engine = next;
    this.#trainer = trainer;
    this.#settings = settings;
  }

  /** All that is needed to go on from here. */
  async checkpoint(passing: boolean): Promise<Stop> {
    return {
      checkpoint: await this.#trainer.checkpoint(),
      state: this.state,
      settings: this.#settings,
      recorder: this.recorder.copy(),
      epochs: this.#epochs,
      stopped: this.#stopped,
      passing,
    };
  }

  async dispose(): Promise<void> {
    for (const part of [this.#trainer, this.#engine]) await part.dispose().catch(tellNotFreed);
  }
}
