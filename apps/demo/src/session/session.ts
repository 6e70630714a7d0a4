import { UnrolledError } from "@unrolled/backend";
import type { EngineKind } from "../engines/engine.js";
import { engineKind } from "../engines/index.js";
import { exportFacts } from "../out/exports.js";
import type { ExportFacts } from "../out/facts.js";
import type { OnnxCheck, OnnxChoice } from "../out/files.js";
import type { Opened, SessionApi } from "./api.js";
import { Bench } from "./bench.js";
import type { Look, Progress, Want } from "./look.js";
import { lookInto } from "./probes/look-into.js";
import type { Change, DemoState, Settings } from "./settings.js";
import { SpeedMeter } from "./speed-meter.js";
import { Stops } from "./stops.js";
import { giveWay, Turns } from "./turns.js";

export class OvertakenError extends Error {
  override readonly name = "OvertakenError";
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");

/** Of an error that the reader can do nothing about: neither the operation nor the remedy, which are for programs. */
const causeOf = (error: unknown): string =>
  UnrolledError.is(error)
    ? wordsOf(error).replace(`${error.op}: `, "").replace(`; ${error.remedy}`, "")
    : wordsOf(error);

/** Training, with everything that can be asked of it, one call at a time. */
export class Session implements SessionApi {
  readonly #turns = new Turns();
  readonly #speed = new SpeedMeter();
  #bench: Bench | null = null;
  #until = 0;
  #looping = false;
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
      return { ...this.#required().opened, left, problems };
    });
  }

  /** Sets up a model, from the last stop on the way if there is one, and trains it to where the state says. */
  async #goTo(state: DemoState, problems: string[], onProgress: (update: number) => void): Promise<void> {
    const wanted = engineKind(state.settings.engine);
    const kind = wanted.replays ? wanted : engineKind("cpu");
    const bench = await Bench.open(state, kind, this.#stops.nearest(state));
    const before = this.#bench;
    this.#bench = bench;
    this.#settled = false;
    await before?.dispose();
    this.#speed.clear();
    this.#notice = null;
    await this.#replay(state, problems, onProgress);
    if (wanted !== kind) await this.#tryEngine(wanted, problems);
    if (this.#until === state.update) this.#until = 0; // else it was played or paused on the way
    this.#settled = true;
  }

  async #replay(state: DemoState, problems: string[], onProgress: (update: number) => void): Promise<void> {
    for (const change of this.#required().changesLeft(state)) {
      if (!(await this.#trainTo(change.update, onProgress))) return;
      const bench = this.#required();
      if (bench.fits(change)) await bench.apply(change);
      else
        problems.push(
          `This model has no number ${"index" in change ? change.index : 0} in "${"name" in change ? change.name : ""}"; a change of it was left out.`,
        );
    }
    await this.#trainTo(state.update, onProgress);
  }

  /** False where it was paused, or stopped by itself, on the way. */
  async #trainTo(update: number, onProgress: (update: number) => void): Promise<boolean> {
    this.#until = update;
    this.#speed.start(this.#update);
    while (this.#update < update && this.#until === update && this.#stopped === null) {
      await this.#slice();
      await giveWay();
      onProgress(this.#update);
    }
    if (!this.#looping) this.#speed.rest(this.#update);
    return this.#update === update;
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
        while (this.#update < this.#until && this.#stopped === null) await this.#slice();
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
          if (this.#playing) await this.#slice();
        });
        await giveWay();
      }
    } catch (error) {
      this.#bench?.stop(error instanceof Error ? error.message : String(error));
    } finally {
      this.#looping = false;
      this.#speed.rest(this.#update);
    }
  }

  get #playing(): boolean {
    return this.#bench !== null && this.#update < this.#until && this.#stopped === null;
  }

  get #update(): number {
    return this.#bench?.update ?? 0;
  }

  get #stopped(): string | null {
    return this.#bench?.stopped ?? null;
  }

  /** A few updates. An engine that fails on the way is replaced. */
  async #slice(): Promise<void> {
    try {
      await this.#required().train(() => this.#update < this.#until);
      this.#speed.mark(this.#update);
      if (this.#stopped !== null) this.#until = 0; // a change may lift the stop, but does not play
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

  look(want: Want): Promise<Look> {
    return this.#turns.take(async () => {
      const bench = await this.#freshBench();
      const seen = await lookInto(bench.twin, bench.run, bench.settings, want);
      return { progress: this.#progress(bench), ...seen };
    });
  }

  #progress(bench: Bench): Progress {
    return {
      ...bench.progress(),
      playing: this.#playing,
      updatesPerSecond: this.#speed.perSecond,
      notice: this.#notice,
    };
  }

  async state(): Promise<DemoState> {
    return this.#required().state;
  }

  async settings(): Promise<Settings> {
    return this.#required().settings;
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
      return this.#required().opened;
    });
  }

  async #handOver(kind: EngineKind, next: Awaited<ReturnType<EngineKind["open"]>>): Promise<void> {
    await this.#required().handOver(kind, next);
    this.#speed.clear();
    if (this.#looping) this.#speed.start(this.#update);
  }

  /** An engine has failed: the CPU goes on from the last stop. Failures of the CPU are passed on. */
  async #rescue(cause: unknown): Promise<void> {
    const { state } = this.#required();
    if (engineKind(state.settings.engine).replays) throw cause;
    const { label } = engineKind(state.settings.engine);
    const [until, pauses] = [this.#until, this.#pauses];
    await this.#goTo({ ...state, settings: { ...state.settings, engine: "cpu" } }, [], () => undefined);
    if (pauses === this.#pauses) this.#until = until;
    this.#notice = `${label} has failed: ${causeOf(cause)}. The CPU goes on in its place.`;
  }

  /** Remembers where training is, for undo. */
  async #keepStop(passing: boolean): Promise<DemoState> {
    const stop = await this.#reading(() => this.#required().checkpoint(passing));
    this.#stops.keep(stop);
    return stop.state;
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
      await this.#required().apply(changeAt(this.#update));
    });
  }

  exportFacts(example: number): Promise<ExportFacts> {
    return this.#turns.take(async () => {
      const bench = await this.#freshBench();
      return exportFacts(bench.twin, bench.task, bench.run, bench.state, example);
    });
  }

  exportSafetensors(): Promise<Uint8Array> {
    return this.#turns.take(async () => {
      const { twin, state } = await this.#freshBench();
      const { safetensorsFile } = await import("../out/files.js");
      return safetensorsFile(twin, state);
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

  /** With the weights of now in its twin. */
  #freshBench(): Promise<Bench> {
    return this.#reading(async () => {
      const bench = this.#required();
      await bench.refreshTwin();
      return bench;
    });
  }

  #required(): Bench {
    if (this.#bench) return this.#bench;
    throw new Error("open a model first");
  }
}
