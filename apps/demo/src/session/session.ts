import { UnrolledError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope } from "@unrolled/core";
import type { EngineKind, OpenEngine } from "../engines/engine.js";
import { engineKind } from "../engines/index.js";
import { exportFacts } from "../out/exports.js";
import type { ExportFacts } from "../out/facts.js";
import type { OnnxCheck, OnnxChoice } from "../out/files.js";
import { taskById } from "../tasks/index.js";
import type { Task, TaskRun } from "../tasks/task.js";
import type { Opened, SessionApi } from "./api.js";
import { CurveRecorder } from "./curve-recorder.js";
import { type EpochLength, epochsAt, withLength } from "./epochs.js";
import type { Look, Progress, Want } from "./look.js";
import { DemoModel } from "./model.js";
import { objective, toTensors } from "./objective.js";
import { learningRate } from "./optimizers.js";
import { lookInto } from "./probes/look-into.js";
import type { Change, DemoState, Settings } from "./settings.js";
import { SpeedMeter } from "./speed-meter.js";
import { Stops } from "./stops.js";
import { Trainer } from "./trainer.js";
import { giveWay, Turns } from "./turns.js";

const sliceMs = 12;
const testsOverTheGoal = 200;

/** Everything that belongs to one opened state. */
interface Workbench {
  readonly task: Task;
  readonly run: TaskRun;
  readonly engine: OpenEngine;
  readonly trainer: Trainer;
  /** The same model on the CPU, which all views look into. */
  readonly twin: DemoModel;
  readonly recorder: CurveRecorder;
  readonly epochs: readonly EpochLength[];
}

export class OvertakenError extends Error {
  override readonly name = "OvertakenError";
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");

/** Of an error that the reader can do nothing about: neither the operation nor the remedy, which are for programs. */
const causeOf = (error: unknown): string =>
  UnrolledError.is(error)
    ? wordsOf(error).replace(`${error.op}: `, "").replace(`; ${error.remedy}`, "")
    : wordsOf(error);

/** A lost device: nothing is left there to free. */
const tellNotFreed = (error: unknown): void => console.warn("What an engine held could not be freed:", error);

/** Training, with everything that can be asked of it, one call at a time. */
export class Session implements SessionApi {
  readonly #turns = new Turns();
  readonly #speed = new SpeedMeter();
  #bench: Workbench | null = null;
  #settings: Settings | null = null;
  #start: DemoState | null = null;
  #changes: Change[] = [];
  #update = 0;
  #until = 0;
  #looping = false;
  #stopped: string | null = null;
  #notice: string | null = null;
  readonly #stops = new Stops();
  #opens = 0;
  #pauses = 0;
  /** Choices of an engine, those by opening a model included. */
  #wishes = 0;
  /** Whether the model stands where its state said, not half-way there. */
  #settled = false;

  async open(state: DemoState, onProgress: (update: number) => void): Promise<Opened> {
    const open = ++this.#opens;
    this.#wishes++;
    this.#until = 0;
    return this.#turns.take(async () => {
      this.#requireLatest(open);
      const problems: string[] = [];
      const left = this.#bench && this.#settled ? await this.#keepStop(false) : null;
      await this.#goTo(state, problems, (update) => {
        this.#requireLatest(open);
        onProgress(update);
      });
      return { ...this.#opened(), left, problems };
    });
  }

  /** Sets up a model, from the last stop on the way if there is one, and trains it to where the state says. */
  async #goTo(state: DemoState, problems: string[], onProgress: (update: number) => void): Promise<void> {
    const wanted = engineKind(state.settings.engine);
    const kind = wanted.replays ? wanted : engineKind("cpu");
    const stop = this.#stops.nearest(state);
    const settings = { ...(stop?.settings ?? state.settings), engine: kind.id };
    const task = taskById(settings.task);
    const [run, engine] = await Promise.all([task.open(settings, state.series), kind.open()]);
    const trainer = await Trainer.create(settings, run, engine, stop?.checkpoint ?? null);
    await this.#close();
    this.#settings = settings;
    this.#start = state;
    this.#changes = [...(stop?.state.changes ?? [])];
    this.#update = stop?.state.update ?? 0;
    this.#speed.clear();
    this.#stopped = stop?.stopped ?? null;
    this.#notice = null;
    const twin = new DemoModel(settings, run.shape);
    this.#bench = {
      task,
      run,
      engine,
      trainer,
      twin,
      recorder: stop?.recorder.copy() ?? new CurveRecorder(),
      epochs: stop?.epochs ?? withLength([], 0, run.updatesPerEpoch),
    };
    await this.#replay(state, problems, onProgress);
    if (wanted !== kind) await this.#tryEngine(wanted, problems);
    if (this.#until === state.update) this.#until = 0; // else it was played or paused on the way
    this.#settled = true;
  }

  async #replay(
    { changes, update }: DemoState,
    problems: string[],
    onProgress: (update: number) => void,
  ): Promise<void> {
    for (const change of changes.slice(this.#changes.length)) {
      if (!(await this.#trainTo(change.update, onProgress))) return;
      if (this.#fits(change)) await this.#apply(change);
      else
        problems.push(
          `This model has no number ${"index" in change ? change.index : 0} in "${"name" in change ? change.name : ""}"; a change of it was left out.`,
        );
    }
    await this.#trainTo(update, onProgress);
  }

  /** False where it was paused, or stopped by itself, on the way. */
  async #trainTo(update: number, onProgress: (update: number) => void): Promise<boolean> {
    this.#until = update;
    this.#speed.start(this.#update);
    while (this.#update < update && this.#until === update && this.#stopped === null) {
      await this.#slice(this.#required());
      await giveWay();
      onProgress(this.#update);
    }
    if (!this.#looping) this.#speed.rest(this.#update);
    return this.#update === update;
  }

  /** Whether the weight of a change is there. */
  #fits(change: Change): boolean {
    if (change.kind === "setting") return true;
    const weight = this.#required().twin.stateDict()[change.name];
    return weight !== undefined && change.index < weight.size;
  }

  async #tryEngine(kind: EngineKind, problems: string[]): Promise<void> {
    try {
      await this.#handOver(kind, await kind.open());
    } catch (error) {
      problems.push(`${wordsOf(error)}. Training goes on the CPU instead.`);
    }
  }

  #requireLatest(open: number): void {
    if (open !== this.#opens) throw new OvertakenError("another model was opened meanwhile");
  }

  async play(until = Number.POSITIVE_INFINITY): Promise<void> {
    this.#until = until;
    if (!this.#looping) void this.#loop();
  }

  async pause(): Promise<void> {
    this.#pauses++;
    this.#until = 0;
    await this.#turns.take(() => Promise.resolve());
  }

  step(updates: number): Promise<void> {
    this.#until = 0;
    return this.#turns.take(async () => {
      this.#until = this.#update + updates;
      this.#speed.start(this.#update);
      try {
        while (this.#update < this.#until && this.#stopped === null) await this.#slice(this.#required());
      } finally {
        this.#speed.rest(this.#update);
      }
    });
  }

  async #loop(): Promise<void> {
    this.#looping = true;
    this.#speed.start(this.#update);
    try {
      while (this.#playing) {
        await this.#turns.take(async () => {
          if (this.#playing) await this.#slice(this.#required());
        });
        await giveWay();
      }
    } catch (error) {
      this.#stopped = error instanceof Error ? error.message : String(error);
    } finally {
      this.#looping = false;
      this.#speed.rest(this.#update);
    }
  }

  get #playing(): boolean {
    return this.#bench !== null && this.#update < this.#until && this.#stopped === null;
  }

  /** Updates for about 12 ms. An engine that fails on the way is replaced. */
  async #slice(bench: Workbench): Promise<void> {
    try {
      await this.#train(bench);
    } catch (error) {
      await this.#rescue(error);
    }
  }

  /** Reads what training has come to; where the engine fails at that, from the one that took its place. */
  async #reading<R>(read: () => Promise<R>): Promise<R> {
    try {
      return await read();
    } catch (error) {
      await this.#rescue(error);
      return read();
    }
  }

  async #train(bench: Workbench): Promise<void> {
    const { trainer, run, recorder } = bench;
    const end = performance.now() + sliceMs;
    do {
      const batch = run.batch(this.#update);
      const lr = learningRate(this.#currentSettings(), this.#update, bench.task.goal.updates);
      const startsEpoch = this.#update % run.updatesPerEpoch === 0;
      const loss = trainer.updateSync(batch, lr, startsEpoch) ?? (await trainer.update(batch, lr, startsEpoch));
      const endsEpoch = (this.#update + 1) % run.updatesPerEpoch === 0;
      recorder.add(this.#update, loss, endsEpoch);
      this.#update++;
      if (!Number.isFinite(loss)) {
        this.#stopped = `The loss is ${loss}: the weights have grown without bound. Try a smaller rate or a clip, and reset.`;
        return;
      }
      if (this.#update % this.#testEvery(bench) === 0) await this.#test(bench);
    } while (performance.now() < end && this.#update < this.#until);
    this.#speed.mark(this.#update);
  }

  #testEvery({ task }: Workbench): number {
    return Math.max(1, Math.floor(task.goal.updates / testsOverTheGoal));
  }

  async #test(bench: Workbench): Promise<void> {
    const { run, recorder } = bench;
    const { test } = run;
    if (test === null) return;
    await this.#refreshTwin(bench);
    const loss = scope(() => noGrad(() => objective(bench.twin, run, toTensors(test, run, cpu()), null).loss.item()));
    recorder.addTest(this.#update, loss, epochsAt(bench.epochs, this.#update));
  }

  async #refreshTwin({ twin, trainer }: Workbench): Promise<void> {
    const weights = await trainer.weights();
    twin.loadStateDict(Object.fromEntries(weights.map(({ name, values }) => [name, values])));
  }

  look(want: Want): Promise<Look> {
    return this.#turns.take(async () => {
      const bench = await this.#freshBench();
      const seen = await lookInto(bench.twin, bench.run, this.#currentSettings(), want);
      return { progress: this.#progress(bench), ...seen };
    });
  }

  #progress(bench: Workbench): Progress {
    const { task, recorder, epochs } = bench;
    const settings = this.#currentSettings();
    return {
      update: this.#update,
      epoch: Math.floor(epochsAt(epochs, this.#update)),
      epochs,
      playing: this.#playing,
      trainLoss: recorder.recent,
      testLoss: recorder.testLoss,
      lr: learningRate(settings, this.#update, task.goal.updates),
      updatesPerSecond: this.#speed.perSecond,
      curve: recorder.curve(),
      epochLosses: Float64Array.from(recorder.epochLosses),
      epochTestLosses: Float64Array.from(recorder.epochTestLosses),
      stopped: this.#stopped,
      engine: settings.engine,
      notice: this.#notice,
    };
  }

  async state(): Promise<DemoState> {
    const start = this.#start as DemoState;
    const engine = this.#currentSettings().engine;
    return { ...start, settings: { ...start.settings, engine }, changes: [...this.#changes], update: this.#update };
  }

  async settings(): Promise<Settings> {
    return this.#currentSettings();
  }

  async setEngine(engine: string): Promise<Opened> {
    const wish = ++this.#wishes;
    const kind = engineKind(engine);
    const next = await kind.open(); // training goes on meanwhile
    return this.#turns.take(async () => {
      if (wish !== this.#wishes) {
        await next.dispose();
        throw new OvertakenError("another engine was chosen meanwhile");
      }
      await this.#keepStop(false);
      await this.#handOver(kind, next);
      this.#notice = null;
      return this.#opened();
    });
  }

  /** Goes on elsewhere with the same weights, moments and carried state. What cannot be had leaves all as it is. */
  async #handOver(kind: EngineKind, next: OpenEngine): Promise<void> {
    const bench = this.#required();
    const settings = { ...this.#currentSettings(), engine: kind.id };
    let trainer: Trainer;
    try {
      trainer = await Trainer.create(settings, bench.run, next, await bench.trainer.checkpoint());
    } catch (error) {
      await next.dispose();
      throw error;
    }
    await bench.trainer.dispose();
    await bench.engine.dispose();
    this.#bench = { ...bench, engine: next, trainer };
    this.#settings = settings;
    this.#speed.clear();
    if (this.#looping) this.#speed.start(this.#update);
  }

  /** An engine has failed: the CPU goes on from the last stop. Failures of the CPU are passed on. */
  async #rescue(cause: unknown): Promise<void> {
    if (engineKind(this.#currentSettings().engine).replays) throw cause;
    const state = await this.state();
    const { label } = engineKind(state.settings.engine);
    const [until, pauses] = [this.#until, this.#pauses];
    await this.#goTo({ ...state, settings: { ...state.settings, engine: "cpu" } }, [], () => undefined);
    if (pauses === this.#pauses) this.#until = until;
    this.#notice = `${label} has failed: ${causeOf(cause)}. The CPU goes on in its place.`;
  }

  /** Remembers where training is, for undo. */
  async #keepStop(passing: boolean): Promise<DemoState> {
    const checkpoint = await this.#reading(() => this.#required().trainer.checkpoint());
    const { recorder, epochs } = this.#required();
    const state = await this.state();
    this.#stops.keep({
      state,
      settings: this.#currentSettings(),
      checkpoint,
      recorder: recorder.copy(),
      epochs,
      stopped: this.#stopped,
      passing,
    });
    return state;
  }

  bookmark(): Promise<DemoState> {
    return this.#turns.take(() => this.#keepStop(true));
  }

  setLive(key: Extract<Change, { kind: "setting" }>["key"], value: string | number): Promise<void> {
    return this.#changeNow((update) => ({ kind: "setting", update, key, value }));
  }

  setWeight(name: string, index: number, value: number): Promise<void> {
    return this.#changeNow((update) => ({ kind: "weight", update, name, index, value }));
  }

  #changeNow(changeAt: (update: number) => Change): Promise<void> {
    return this.#turns.take(async () => {
      await this.#keepStop(false);
      await this.#apply(changeAt(this.#update));
    });
  }

  exportFacts(example: number): Promise<ExportFacts> {
    return this.#turns.take(async () => {
      const bench = await this.#freshBench();
      return exportFacts(bench.twin, bench.task, bench.run, await this.state(), example);
    });
  }

  exportSafetensors(): Promise<Uint8Array> {
    return this.#turns.take(async () => {
      const { twin } = await this.#freshBench();
      const { safetensorsFile } = await import("../out/files.js");
      return safetensorsFile(twin, await this.state());
    });
  }

  exportOnnx(choice: OnnxChoice): Promise<Uint8Array> {
    return this.#turns.take(async () => {
      const { twin, run } = await this.#freshBench();
      const { onnxFile } = await import("../out/files.js");
      return onnxFile(twin, run, choice);
    });
  }

  checkOnnx(choice: OnnxChoice): Promise<OnnxCheck> {
    return this.#turns.take(async () => {
      const { twin, run } = await this.#freshBench();
      const { checkOnnxFile } = await import("../out/files.js");
      return checkOnnxFile(twin, run, choice);
    });
  }

  #freshBench(): Promise<Workbench> {
    return this.#reading(async () => {
      const bench = this.#required();
      await this.#refreshTwin(bench);
      return bench;
    });
  }

  async #apply(change: Change): Promise<void> {
    const bench = this.#required();
    if (change.kind === "weight") await bench.trainer.setWeight(change.name, change.index, change.value);
    else {
      this.#settings = { ...this.#currentSettings(), [change.key]: change.value };
      if (change.key === "optimizer") await bench.trainer.setOptimizer(this.#settings);
      if (change.key === "clipGradNorm") bench.trainer.setClipGradNorm(Number(change.value));
      if (change.key === "batchSize") {
        const run = await bench.task.open(this.#settings, this.#start?.series ?? null);
        this.#bench = { ...bench, run, epochs: withLength(bench.epochs, this.#update, run.updatesPerEpoch) };
      }
    }
    this.#changes.push(change);
    this.#stopped = null;
  }

  #opened(): Opened {
    const { task, run, engine, twin } = this.#required();
    return {
      parameterCount: twin.parameterCount(),
      outputSize: run.shape.outputSize,
      examples: Array.from({ length: run.examples }, (_, i) => run.example(i).label),
      series: run.series,
      text: run.text,
      objective: run.objective,
      tested: run.test !== null,
      horizon: task.goal.updates,
      inputNames: run.inputNames ?? [],
      engine: engine.words,
      left: null,
      problems: [],
    };
  }

  #required(): Workbench {
    if (this.#bench) return this.#bench;
    throw new Error("open a model first");
  }

  #currentSettings(): Settings {
    if (this.#settings) return this.#settings;
    throw new Error("open a model first");
  }

  async #close(): Promise<void> {
    const bench = this.#bench;
    this.#bench = null;
    this.#settled = false;
    for (const part of [bench?.trainer, bench?.engine]) await part?.dispose().catch(tellNotFreed);
  }
}
