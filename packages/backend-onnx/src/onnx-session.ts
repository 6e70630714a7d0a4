import { ArgumentError, BackendError, type HostTensor, requireKnownOptions } from "@unrolled/backend";
import { DimSizes } from "./dim-sizes.js";
import type { Engine, EngineSession, Provider, Tensors } from "./engine.js";
import { makeFeeds } from "./feeds.js";
import { collect, type Fetches, planFetches } from "./fetches.js";
import { isNumberArray } from "./file-dtype.js";
import { type InputValue, isShaped } from "./input-value.js";
import { reasonOf } from "./load-peer.js";
import type { TensorSpec } from "./model-file.js";
import { release } from "./output-value.js";
import { requireElements } from "./recurrent-nodes.js";
import type { StateLink, StreamState } from "./stream-state.js";
import { Turns } from "./turns.js";

/** Options of one run of an `OnnxSession`. */
export interface RunOptions {
  /**
   * What to compute: names of outputs, or for each name what to put it into: a typed array of the output's dtype and length,
   * a host tensor, or null for a new array. Other outputs are left out. Default: all, in new arrays. ONNX Runtime has its own
   * memory for a result; it is copied from there.
   */
  readonly fetches?: Fetches;
}

/** What a session is made of. */
export interface SessionParts {
  readonly engine: Engine;
  readonly session: EngineSession;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly state: StreamState;
  /** The op types of its recurrent nodes. */
  readonly recurrentOps: readonly string[];
}

/**
 * An ONNX model, loaded by `loadOnnx`. Calls queue up in the order in which they came; do not change an input's data before
 * its call has resolved.
 */
export class OnnxSession implements AsyncDisposable {
  readonly #parts: SessionParts;
  readonly #turns: Turns = new Turns();
  #disposal: Promise<void> | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** What the model takes, as declared in the file: names, dtypes, and shapes with named sizes, as `["batch", "time", 1]`. */
  get inputs(): readonly TensorSpec[] {
    return this.#parts.inputs;
  }

  /** What the model gives, as declared in the file. */
  get outputs(): readonly TensorSpec[] {
    return this.#parts.outputs;
  }

  /** The file's `metadata_props`. */
  get metadata(): Readonly<Record<string, string>> {
    return this.#parts.metadata;
  }

  /** The inputs that `step` carries, each with the output that it comes from. Empty for a model without state. */
  get state(): readonly StateLink[] {
    return this.#parts.state.links;
  }

  /** The provider that was taken. */
  get provider(): Provider {
    return this.#parts.engine.provider;
  }

  /**
   * Runs the model once on all of its inputs, those of the state included.
   *
   * Inputs are host tensors or `{ data, shape }`; typed arrays alone, where the shape follows from the declared one; or
   * numbers in nested lists. For a float16 input give float32, for one of integers of any width int32 or whole numbers; a
   * value out of range is an error. Results come as host tensors: float16 as float32, integers as int32; 32 and 64 bit
   * integers beyond the range of int32 come as float64, and beyond 2^53 are an error.
   *
   * @throws ArgumentError, DTypeError or ShapeError that names the input; ShapeError for an input without elements where the
   * model has RNN, LSTM or GRU, which crash ONNX Runtime then; BackendError if ONNX Runtime fails, or after `dispose`
   * @example
   * const { y } = await session.run({ x: [[[0.1], [0.2], [0.3]]] });
   */
  run(inputs: Readonly<Record<string, InputValue>>, options: RunOptions = {}): Promise<Record<string, HostTensor>> {
    return this.#inTurn("run", async () => {
      requireKnownOptions("run", options, ["fetches"]);
      const { engine, inputs: specs, outputs } = this.#parts;
      const sizes = new DimSizes();
      const feeds = makeFeeds(engine.ort, "run", specs, inputs, sizes);
      const plan = planFetches("run", outputs, options.fetches);
      const fetches = plan.map(({ spec }) => spec.name);
      const results = await this.#compute("run", feeds, fetches);
      return this.#freeOnFailure(results, () => collect("run", plan, results));
    });
  }

  /**
   * Runs the model on the next piece of a stream, from the state that the last step left; from zeros at first. Takes the
   * inputs that are no state (the value alone where there is only one) and returns the outputs that are no state. The state
   * stays in ONNX Runtime's tensors. A step that fails leaves it as it was.
   *
   * @throws as `run`, and ShapeError if the batch is another than that of the state
   * @example
   * for (const value of series) {
   *   const { y } = await session.step([[[value]]]);
   * }
   */
  step(
    inputs: InputValue | Readonly<Record<string, InputValue>>,
    options: RunOptions = {},
  ): Promise<Record<string, HostTensor>> {
    return this.#inTurn("step", async () => {
      requireKnownOptions("step", options, ["fetches"]);
      const { engine, state, recurrentOps } = this.#parts;
      const { links } = state;
      if (links.length === 0) {
        throw new BackendError(
          "step",
          "the model has no state",
          'use run, or load it with the option state: { h0: "hn" }',
        );
      }
      const specs = this.#parts.inputs.filter(({ name }) => !links.some(({ input }) => input === name));
      const outputs = this.#parts.outputs.filter(({ name }) => !links.some(({ output }) => output === name));
      const sizes = new DimSizes();
      state.bind("step", sizes);
      const feeds = makeFeeds(engine.ort, "step", specs, byName(specs, inputs), sizes);
      requireElements("step", recurrentOps, feeds);
      const plan = planFetches("step", outputs, options.fetches);
      const fetches = [...plan.map(({ spec }) => spec.name), ...links.map(({ output }) => output)];
      const all = { ...feeds, ...state.feeds("step", sizes) };
      const results = await this.#compute("step", all, fetches);
      return this.#freeOnFailure(results, async () => {
        const collected = await collect("step", plan, results);
        state.advance("step", results);
        return collected;
      });
    });
  }

  /** Forgets the state, so that the next step begins a stream, of any batch size. */
  reset(): Promise<void> {
    return this.#inTurn("reset", async () => this.#parts.state.reset());
  }

  /** A copy of the state by the names of its inputs; `{}` before the first step. */
  readState(): Promise<Record<string, HostTensor>> {
    return this.#inTurn("readState", async () => this.#parts.state.read());
  }

  /** Replaces the state, all or nothing, by a copy of what `readState` gave; `{}` forgets it. */
  writeState(state: Readonly<Record<string, HostTensor>>): Promise<void> {
    return this.#inTurn("writeState", async () => this.#parts.state.write(state, new DimSizes()));
  }

  /** Frees the model, after the calls that were made before. Later calls are BackendErrors; a second `dispose` is none. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#turns.take(() => {
      this.#parts.state.reset();
      return this.#parts.session.release();
    });
    return this.#disposal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #inTurn<T>(op: string, task: () => Promise<T>): Promise<T> {
    if (this.#disposal) throw new BackendError(op, "the session is disposed", "load the model again");
    return this.#turns.take(task);
  }

  async #freeOnFailure<T>(results: Tensors, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      for (const tensor of Object.values(results)) release(tensor);
      throw error;
    }
  }

  async #compute(op: string, feeds: Tensors, fetches: readonly string[]): Promise<Tensors> {
    requireElements(op, this.#parts.recurrentOps, feeds);
    try {
      return await this.#parts.session.run(feeds, fetches);
    } catch (cause) {
      throw new BackendError(op, `ONNX Runtime fails (${reasonOf(cause)})`, "the reason names the node", { cause });
    }
  }
}

function byName(
  specs: readonly TensorSpec[],
  inputs: InputValue | Readonly<Record<string, InputValue>>,
): Readonly<Record<string, InputValue>> {
  const alone = typeof inputs !== "object" || Array.isArray(inputs) || isNumberArray(inputs) || isShaped(inputs);
  if (!alone) return inputs as Readonly<Record<string, InputValue>>;
  if (specs.length !== 1) {
    const names = specs.map(({ name }) => name).join(", ");
    throw new ArgumentError("step", "one value for several inputs", `give them by name: ${names}`);
  }
  return { [specs[0].name]: inputs as InputValue };
}
