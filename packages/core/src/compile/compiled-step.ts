import {
  ArgumentError,
  BackendError,
  formatShape,
  type Graph,
  type HostTensor,
  type Meta,
  type Program,
  type Runner,
} from "@unrolled/backend";
import { getDefaultBackend } from "../default-backend.js";
import { simplifyGraph } from "../graph/simplify.js";
import { type NamedTensors, type TensorRecord, traceStep } from "../graph/trace.js";
import { Tensor } from "../tensor.js";
import { Lent, refuseDisposed } from "./away.js";
import { groupsOfEqualShapes, inCalls, joinRuns, sameMetas } from "./batches.js";
import type { CompileOptions } from "./compile-options.js";
import { canReadAtOnce, elementsOf, tensorOf } from "./elements.js";
import { batchesOf, outputsOf, refuseIgnoredInputs, requireDeclaredDTypes, sourcesOf } from "./requirements.js";
import { type HostRecord, Variant } from "./variant.js";

const soleOutput = "output";
const mostVariants = 8;

interface Key {
  readonly key: string;
  readonly metas: readonly Meta[];
  /** Of the options, then of each source. */
  readonly guards: readonly unknown[];
}

/** A traced training step. Runs queue up in the order of their calls. Made by `compile`. */
export class CompiledStep<A extends readonly Tensor[], R extends Tensor | TensorRecord> {
  readonly #step: (...inputs: A) => R;
  readonly #options: CompileOptions & { readonly runner: Runner };
  readonly #sources: readonly NamedTensors[];
  /** Whatever may say that a trace is out of date. */
  readonly #guards: readonly NamedTensors[];
  readonly #variants = new Map<string, Variant>();
  /** The key that was asked for last, and what it was made of. */
  #latest: Key | null = null;
  #inputNames: readonly string[] = [];
  #lent: readonly Lent[] = [];
  /** The program that has the state as it is; null while the tensors have it. */
  #holder: Program | null = null;
  #away = false;
  readonly #sync = (): Promise<void> => this.sync();
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  /** @internal */
  constructor(step: (...inputs: A) => R, options: CompileOptions & { readonly runner: Runner }) {
    this.#step = step;
    this.#options = options;
    this.#sources = sourcesOf("compile", "state", options.state);
    this.#guards = [...this.#sources, ...sourcesOf("compile", "constants", options.constants)];
  }

  /** Runs one step; the outputs are new tensors on the default backend. */
  run(...inputs: A): Promise<R> {
    refuseDisposed(this.#disposed, "run");
    return this.#afterOthers(async () => {
      const given = await this.#read(inputs);
      const variant = await this.#variantFor(inputs);
      const program = await variant.single();
      await this.#handTo(program);
      const results = await program.run(variant.withHostInputs(given));
      variant.countRun();
      return this.#tensorsOf(variant.graph, results);
    });
  }

  /**
   * Runs one step at once. `prepare` or `run` must have been awaited for inputs of these shapes.
   *
   * @throws BackendError if the runner cannot, or the step is not prepared
   */
  runSync(...inputs: A): R {
    refuseDisposed(this.#disposed, "runSync");
    const variant = this.#variants.get(this.#keyOf(inputs));
    const program = this.#holder;
    const ready =
      variant &&
      program &&
      variant.preparedSingle === program &&
      (this.#away || !this.#lent.some((lent) => lent.changed));
    if (!ready)
      throw new BackendError(
        "runSync",
        "the step is not prepared for these inputs",
        "await step.prepare(...inputs) first",
      );
    if (!program.runSync)
      throw new BackendError(
        "runSync",
        `${this.#options.runner.name} cannot run synchronously`,
        "use: await step.run(...)",
      );
    this.#sendAway();
    const results = program.runSync(variant.lentInputs(this.#names(inputs.length), inputs));
    variant.countRun();
    return this.#tensorsOf(variant.graph, results);
  }

  /** Traces and prepares for inputs of these shapes, without a step. */
  prepare(...inputs: A): Promise<void> {
    refuseDisposed(this.#disposed, "prepare");
    requireTensors(inputs);
    return this.#afterOthers(async () => {
      const variant = await this.#variantFor(inputs);
      await this.#handTo(await variant.single());
    });
  }

  /**
   * Runs a step for each batch, those of equal shapes in one call of the runner (or, with more than 64 MB of inputs, in several): for
   * models so small that calls take most of the time.
   *
   * @returns each output stacked over the batches, [batches, ...]
   * @throws ArgumentError without batches, or if the outputs' shapes differ between them
   */
  epoch(batches: Iterable<A>): Promise<R> {
    refuseDisposed(this.#disposed, "epoch");
    const list = batchesOf(batches);
    for (const inputs of list) requireTensors(inputs);
    return this.#afterOthers(async () => {
      if (list.length === 0) throw new ArgumentError("epoch", "there are no batches", "give at least one");
      const parts: HostRecord[] = [];
      let graph: Graph | null = null;
      for (const group of groupsOfEqualShapes(list)) {
        const variant = await this.#variantFor(group[0]);
        for (const call of inCalls(group)) parts.push(await this.#runMany(variant, call));
        graph = variant.graph;
      }
      return this.#tensorsOf(graph as Graph, joinRuns(parts));
    });
  }

  async #runMany(variant: Variant, group: readonly A[]): Promise<HostRecord> {
    const program = await variant.many();
    await this.#handTo(program);
    const [first] = group;
    const names = this.#names(first.length);
    if (group.every((inputs) => inputs.every(canReadAtOnce))) {
      const runs = variant.stackedRuns(names, hostTensors(first), group.length, (run, i) => elementsOf(group[run][i]));
      return program.run(runs);
    }
    const read = await Promise.all(group.map((inputs) => Promise.all(inputs.map((tensor) => tensor.data()))));
    const metas = first.map(({ shape, dtype }, i): HostTensor => ({ data: read[0][i], shape, dtype }));
    return program.run(variant.stackedRuns(names, metas, group.length, (run, i) => read[run][i]));
  }

  /** Brings the state back into the tensors of model and optimiser. The next run takes it from there, changed or not. */
  sync(): Promise<void> {
    refuseDisposed(this.#disposed, "sync");
    return this.#afterOthers(() => this.#bringHome());
  }

  /** The graph for inputs of these shapes, once it is traced; the last one traced without inputs. */
  graph(...inputs: A | []): Graph | null {
    if (inputs.length > 0) return this.#variants.get(this.#keyOf(inputs as A))?.graph ?? null;
    return [...this.#variants.values()].at(-1)?.graph ?? null;
  }

  /** Brings the state back and frees the programs. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#afterOthers(async () => {
      await this.#bringHome();
      for (const variant of this.#variants.values()) await variant.dispose();
      this.#variants.clear();
      this.#holder = null;
    });
  }

  async #bringHome(): Promise<void> {
    if (!this.#away || this.#holder === null) return;
    const state = await this.#holder.readState();
    for (const lent of this.#lent) lent.bringHome(state[lent.name].data);
    this.#away = false;
  }

  /** Makes `program` the one that has the state as it is. */
  async #handTo(program: Program): Promise<void> {
    const fresh = this.#away ? null : this.#lent.some((lent) => lent.changed);
    if (program !== this.#holder || fresh) {
      if (this.#away && this.#holder) await program.writeState(await this.#holder.readState());
      else await program.writeState(await this.#stateOfTensors());
      this.#holder = program;
    }
    this.#sendAway();
  }

  #sendAway(): void {
    if (this.#away) return;
    for (const lent of this.#lent) {
      lent.settle();
      lent.sendAway(this.#sync);
    }
    this.#away = true;
  }

  async #stateOfTensors(): Promise<HostRecord> {
    const entries = this.#lent.map(
      async ({ name, tensor }): Promise<[string, HostTensor]> => [
        name,
        { data: await tensor.data(), shape: tensor.shape, dtype: tensor.dtype },
      ],
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  /** The graph's names of that many inputs. */
  #names(count: number): readonly string[] {
    if (this.#inputNames.length === count) return this.#inputNames;
    const { inputs } = this.#options;
    const names = inputs ? Object.keys(inputs) : Array.from({ length: count }, (_, i) => `input${i}`);
    if (names.length !== count)
      throw new ArgumentError("run", `got ${count} inputs`, `give ${names.length}: ${names.join(", ")}`);
    this.#inputNames = names;
    return names;
  }

  async #read(inputs: A): Promise<HostRecord> {
    const names = this.#names(inputs.length);
    requireTensors(inputs);
    const read = inputs.every(canReadAtOnce)
      ? inputs.map((tensor) => tensor.dataSync())
      : await Promise.all(inputs.map((tensor) => tensor.data()));
    return Object.fromEntries(
      inputs.map(({ shape, dtype }, i): [string, HostTensor] => [names[i], { data: read[i], shape, dtype }]),
    );
  }

  /** What a trace depends on besides the elements. Mostly it is what it was at the last run, and then no text is made. */
  #keyOf(inputs: A): string {
    if (this.#latest && this.#isLatest(this.#latest, inputs)) return this.#latest.key;
    const guards = this.#guardValues();
    const hasNames = this.#options.inputs !== undefined;
    const shapes = hasNames ? "named" : inputs.map(({ shape, dtype }) => `${dtype}${formatShape(shape)}`).join();
    const key = [shapes, ...guards.map(String)].join("|");
    this.#latest = { key, metas: inputs.map(({ shape, dtype }) => ({ shape, dtype })), guards };
    return key;
  }

  #isLatest({ metas, guards }: Key, inputs: A): boolean {
    if (this.#options.inputs === undefined && !sameMetas(metas, inputs)) return false;
    if (!Object.is(this.#options.guard?.(), guards[0])) return false;
    for (let i = 0; i < this.#guards.length; i++)
      if ((this.#guards[i].traceGuard?.() ?? "") !== guards[i + 1]) return false;
    return true;
  }

  #guardValues(): unknown[] {
    const values: unknown[] = [this.#options.guard?.()];
    for (const source of this.#guards) values.push(source.traceGuard?.() ?? "");
    return values;
  }

  async #variantFor(inputs: A): Promise<Variant> {
    await this.#forgetReplaced();
    const known = this.#variants.get(this.#keyOf(inputs));
    if (known) return known;
    await this.#bringHome();
    const names = this.#names(inputs.length);
    if (this.#options.inputs) requireDeclaredDTypes(this.#options.inputs, names, inputs);
    const specs = this.#options.inputs ?? Object.fromEntries(names.map((name, i) => [name, inputs[i]]));
    const traced = await traceStep(
      (record: TensorRecord): TensorRecord => {
        const result = this.#step(...(names.map((name) => record[name]) as unknown as A));
        return outputsOf(result, soleOutput);
      },
      specs,
      {
        name: this.#options.name ?? "step",
        state: this.#sources,
        ...(this.#options.constants && { constants: this.#options.constants }),
      },
    );
    refuseIgnoredInputs(traced.graph, names, this.#step.length);
    this.#lent = traced.stateTensors.map(([name, tensor]) => new Lent(name, tensor));
    this.#holder = null;
    const variant = new Variant({ ...traced, graph: simplifyGraph(traced.graph) }, this.#options.runner);
    // Under the key as it is now: the trace ran the step, which may count in a plain field.
    this.#variants.set(this.#keyOf(inputs), variant);
    await this.#dropOldest();
    return variant;
  }

  /** A step whose settings change all the time must not gather programs without end. The newest has the state. */
  async #dropOldest(): Promise<void> {
    const [oldest] = this.#variants;
    if (this.#variants.size <= mostVariants || oldest === undefined) return;
    this.#variants.delete(oldest[0]);
    await oldest[1].dispose();
  }

  /** Loading an optimiser's state makes new tensors: what was traced with the old ones is of no use then. */
  async #forgetReplaced(): Promise<void> {
    if (this.#variants.size === 0) return;
    const now = new Set(this.#sources.flatMap((source) => Array.from(source.namedTensors(), ([, tensor]) => tensor)));
    const replaced = this.#lent.find(({ tensor }) => !now.has(tensor));
    if (replaced === undefined && now.size === this.#lent.length) return;
    if (this.#away) {
      throw new BackendError(
        "run",
        `${replaced?.name ?? "a tensor of the state"} was replaced while the compiled step had the state`,
        "await step.sync() now, and before anything is loaded; what was loaded stays",
      );
    }
    const variants = [...this.#variants.values()];
    this.#variants.clear();
    this.#holder = null;
    for (const variant of variants) await variant.dispose();
  }

  #tensorsOf(graph: Graph, results: HostRecord): R {
    const backend = getDefaultBackend();
    const { outputs } = graph;
    if (outputs.length === 1 && outputs[0].name === soleOutput) return tensorOf(backend, results[soleOutput]) as R;
    const tensors: Record<string, Tensor> = {};
    for (let i = 0; i < outputs.length; i++) tensors[outputs[i].name] = tensorOf(backend, results[outputs[i].name]);
    return tensors as R;
  }

  /** Runs a task when those before it are through, whether or not they succeeded. */
  #afterOthers<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task, task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function requireTensors(inputs: readonly Tensor[]): void {
  inputs.forEach((input, i) => {
    if (!(input instanceof Tensor))
      throw new ArgumentError("run", `input ${i + 1} of ${inputs.length} is no tensor`, "give a tensor");
  });
}

function hostTensors(tensors: readonly Tensor[]): HostTensor[] {
  return tensors.map((tensor) => ({ data: elementsOf(tensor), shape: tensor.shape, dtype: tensor.dtype }));
}
