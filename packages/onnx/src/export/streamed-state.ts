import { ArgumentError, formatSize, type Graph, nameOfSize, type Size } from "@unrolled/backend";
import type { InputSpec, Tensor } from "@unrolled/core";
import { type Module, type StatefulRun, withStatePorts } from "@unrolled/nn";
import { fixedSize } from "../sizes.js";
import type { StateBinding } from "../state.js";

const nextOf = (name: string): string => `${name}.next`;

/** The recurrent layers of a model, whose states are to be inputs and outputs. */
export class StreamedState {
  readonly #op: string;
  readonly #paths: ReadonlyMap<Module, string>;
  readonly #problems = new Set<string>();
  /** Names of the states of each layer that ran, in order. */
  #names = new Map<Module, readonly string[]>();

  constructor(op: string, model: Module) {
    this.#op = op;
    this.#paths = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  }

  /** Runs the model from the layers' own states; returns what it returns, and the last states by the names of outputs. */
  observe<R>(fn: () => R): { result: R; last: Record<string, Tensor> } {
    return this.#run(fn, () => null);
  }

  /** Runs the model from states that are inputs. */
  continue<R>(inputs: Readonly<Record<string, Tensor>>, fn: () => R): { result: R; last: Record<string, Tensor> } {
    return this.#run(fn, ({ module }) => this.#names.get(module)?.map((name) => inputs[name]) ?? null);
  }

  #run<R>(
    fn: () => R,
    initial: (run: StatefulRun) => readonly Tensor[] | null,
  ): { result: R; last: Record<string, Tensor> } {
    const last: Record<string, Tensor> = {};
    const ran = new Set<Module>();
    const ports = {
      initial: (run: StatefulRun): readonly Tensor[] | null => {
        const path = this.#pathOf(run.module);
        if (run.bidirectional) this.#problems.add(`${path} is bidirectional: it needs the end of a sequence first`);
        if (ran.has(run.module)) this.#problems.add(`${path} runs twice, from one state`);
        ran.add(run.module);
        return initial(run);
      },
      last: (run: StatefulRun, state: readonly Tensor[]): void => {
        const names = state.map((_, i) => this.#nameOf(run, i));
        this.#names.set(run.module, names);
        names.forEach((name, i) => {
          last[nextOf(name)] = state[i];
        });
      },
    };
    return { result: withStatePorts(ports, fn), last };
  }

  /** Raises, with every reason, if the model cannot stream. */
  check(): void {
    if (this.#names.size === 0) {
      throw new ArgumentError(
        this.#op,
        "stateful: no recurrent layer runs from a state of its own",
        "leave out stateful; states that forward passes on itself can be inputs and outputs of it",
      );
    }
    if (this.#problems.size === 0) return;
    const remedy = "leave out stateful, or give forward and pass states on in it";
    throw new ArgumentError(this.#op, `stateful: ${[...this.#problems].join("; ")}`, remedy);
  }

  /** What the state inputs look like, from a graph whose outputs are the last states. */
  inputsOf({ outputs, dims }: Graph): Record<string, InputSpec> {
    const found = new Map(outputs.map(({ name, value }) => [name, value]));
    const specs: Record<string, InputSpec> = {};
    for (const name of this.names) {
      const value = found.get(nextOf(name));
      if (!value) continue;
      const sizes: readonly Size[] = dims?.shapes.get(value) ?? value.shape;
      const shape = sizes.map((size) => {
        const named = fixedSize(size) ?? nameOfSize(size);
        if (named !== null) return named;
        throw new ArgumentError(
          this.#op,
          `stateful: ${name} has the size ${formatSize(size)}, which no input can tell`,
          "give that dimension of the inputs a name of its own, or a fixed size",
        );
      });
      specs[name] = { shape, dtype: value.dtype };
    }
    return specs;
  }

  get names(): string[] {
    return [...this.#names.values()].flat();
  }

  get bindings(): StateBinding[] {
    return this.names.map((name) => ({ name, input: name, output: nextOf(name) }));
  }

  #pathOf(module: Module): string {
    const path = this.#paths.get(module);
    if (path !== undefined) return path === "" ? "the model" : path;
    throw new ArgumentError(
      this.#op,
      "stateful: forward runs a layer that is no part of the model",
      "make it a property of it",
    );
  }

  /** `lstm.h`; for a model that is a layer itself, `h`. */
  #nameOf({ module, partName }: StatefulRun, index: number): string {
    const path = this.#paths.get(module);
    const part = partName(index).replace(/\W+/g, "");
    return path ? `${path}.${part}` : part;
  }
}
