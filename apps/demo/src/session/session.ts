import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope } from "@unrolled/core";
import type { OpenEngine } from "../engines/engine.js";
import { engineKind } from "../engines/index.js";
import { exportFacts } from "../out/exports.js";
import type { ExportFacts } from "../out/facts.js";
import type { OnnxCheck, OnnxChoice } from "../out/files.js";
import { taskById } from "../tasks/index.js";
import type { Task, TaskRun } from "../tasks/task.js";
import type { Opened, SessionApi } from "./api.js";
import { CurveRecorder } from "./curve-recorder.js";
import type { Look, Progress, Want } from "./look.js";
import { DemoModel } from "./model.js";
import { objective, toTensors } from "./objective.js";
import { learningRate } from "./optimizers.js";
import { lookInto } from "./probes/look-into.js";
import type { Change, DemoState, Settings } from "./settings.js";
import { SpeedMeter } from "./speed-meter.js";
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
}

export class OvertakenError extends Error {
  override readonly name = "OvertakenError";
}

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
  #opens = 0;

  async open(state: DemoState, onProgress: (update: number) => void): Promise<Opened> {
    const open = ++this.#opens;
    this.#until = 0;
    return this.#turns.take(async () => {
      this.#requireLatest(open);
      await this.#close();
      const { settings } = state;
      const task = taskById(settings.task);
      const [run, engine] = await Promise.all([task.open(settings, state.series), engineKind(settings.engine).open()]);
      const trainer = await Trainer.create(settings, run, engine, null);
      this.#settings = settings;
      this.#start = state;
      this.#changes = [];
      this.#update = 0;
      this.#stopped = null;
      this.#bench = {
        task,
        run,
        engine,
        trainer,
        twin: new DemoModel(settings, run.shape),
        recorder: new CurveRecorder(),
      };
      await this.#replay(state, open, onProgress);
      return this.#opened();
    });
  }

  async #replay({ changes, update }: DemoState, open: number, onProgress: (update: number) => void): Promise<void> {
    for (const change of changes) {
      await this.#trainTo(change.update, open, onProgress);
      await this.#apply(change);
    }
    await this.#trainTo(update, open, onProgress);
  }

  async #trainTo(update: number, open: number, onProgress: (update: number) => void): Promise<void> {
    this.#until = update;
    while (this.#update < update && this.#stopped === null) {
      await this.#slice(this.#required());
      onProgress(this.#update);
      await giveWay();
      this.#requireLatest(open);
    }
  }

  #requireLatest(open: number): void {
    if (open !== this.#opens) throw new OvertakenError("another model was opened meanwhile");
  }

  async play(until = Number.POSITIVE_INFINITY): Promise<void> {
    this.#until = until;
    this.#speed.restart(this.#update);
    if (!this.#looping) void this.#loop();
  }

  async pause(): Promise<void> {
    this.#until = 0;
    await this.#turns.take(() => Promise.resolve());
  }

  step(updates: number): Promise<void> {
    this.#until = 0;
    return this.#turns.take(async () => {
      this.#until = this.#update + updates;
      const bench = this.#required();
      while (this.#update < this.#until && this.#stopped === null) await this.#slice(bench);
    });
  }

  async #loop(): Promise<void> {
    this.#looping = true;
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
    }
  }

  get #playing(): boolean {
    return this.#bench !== null && this.#update < this.#until && this.#stopped === null;
  }

  /** Updates for about 12 ms. */
  async #slice(bench: Workbench): Promise<void> {
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
    recorder.addTest(this.#update, loss, this.#update / run.updatesPerEpoch);
  }

  async #refreshTwin({ twin, trainer }: Workbench): Promise<void> {
    const weights = await trainer.weights();
    twin.loadStateDict(Object.fromEntries(weights.map(({ name, values }) => [name, values])));
  }

  look(want: Want): Promise<Look> {
    return this.#turns.take(async () => {
      const bench = this.#required();
      await this.#refreshTwin(bench);
      return { progress: this.#progress(bench), ...lookInto(bench.twin, bench.run, this.#currentSettings(), want) };
    });
  }

  #progress({ run, task, recorder }: Workbench): Progress {
    const settings = this.#currentSettings();
    return {
      update: this.#update,
      epoch: Math.floor(this.#update / run.updatesPerEpoch),
      playing: this.#playing,
      trainLoss: recorder.recent,
      testLoss: recorder.testLoss,
      lr: learningRate(settings, this.#update, task.goal.updates),
      updatesPerSecond: this.#speed.perSecond,
      curve: recorder.curve(),
      epochLosses: Float64Array.from(recorder.epochLosses),
      epochTestLosses: Float64Array.from(recorder.epochTestLosses),
      stopped: this.#stopped,
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

  setEngine(engine: string): Promise<Opened> {
    return this.#turns.take(async () => {
      const bench = this.#required();
      const next = await engineKind(engine).open();
      const checkpoint = await bench.trainer.checkpoint();
      const settings = { ...this.#currentSettings(), engine };
      const trainer = await Trainer.create(settings, bench.run, next, checkpoint);
      await bench.trainer.dispose();
      await bench.engine.dispose();
      this.#bench = { ...bench, engine: next, trainer };
      this.#settings = settings;
      this.#stopped = null;
      this.#speed.restart(this.#update);
      return this.#opened();
    });
  }

  setLive(key: Extract<Change, { kind: "setting" }>["key"], value: string | number): Promise<void> {
    return this.#turns.take(() => this.#apply({ kind: "setting", update: this.#update, key, value }));
  }

  setWeight(name: string, index: number, value: number): Promise<void> {
    return this.#turns.take(() => this.#apply({ kind: "weight", update: this.#update, name, index, value }));
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

  async #freshBench(): Promise<Workbench> {
    const bench = this.#required();
    await this.#refreshTwin(bench);
    return bench;
  }

  async #apply(change: Change): Promise<void> {
    const bench = this.#required();
    if (change.kind === "weight") await bench.trainer.setWeight(change.name, change.index, change.value);
    else {
      this.#settings = { ...this.#currentSettings(), [change.key]: change.value };
      if (change.key === "optimizer") await bench.trainer.setOptimizer(this.#settings);
      if (change.key === "clipGradNorm") bench.trainer.setClipGradNorm(Number(change.value));
      if (change.key === "batchSize")
        this.#bench = { ...bench, run: await bench.task.open(this.#settings, this.#start?.series ?? null) };
    }
    this.#changes.push(change);
    this.#stopped = null;
  }

  #opened(): Opened {
    const { run, engine, twin } = this.#required();
    return {
      parameterCount: twin.parameterCount(),
      updatesPerEpoch: run.updatesPerEpoch,
      outputSize: run.shape.outputSize,
      examples: Array.from({ length: run.examples }, (_, i) => run.example(i).label),
      series: run.series,
      text: run.text,
      engine: engine.words,
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
    await bench?.trainer.dispose();
    await bench?.engine.dispose();
  }
}
