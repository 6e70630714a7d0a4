import { ArgumentError, type Backend } from "@unrolled/backend";
import { type NamedTensors, requireBackend, type Tensor } from "@unrolled/core";
import { describeModule, plainSettings } from "./describe.js";
import { Buffer, Parameter } from "./parameter.js";
import { SettingsWatch } from "./settings-watch.js";
import { type LoadableStateDict, type LoadOptions, type LoadResult, loadInto, type StateDict } from "./state-dict.js";

const inspectSymbol: symbol = Symbol.for("nodejs.util.inspect.custom");

function inspect(this: Module): string {
  return this.toString();
}

/** Picks by name; the error lists the names there are. */
function pick<T>(op: string, kind: string, name: string, entries: Iterable<readonly [string, T]>): T {
  const found = new Map(entries);
  const value = found.get(name);
  if (value !== undefined) return value;
  const names = [...found.keys()].filter((known) => known !== "");
  const shown = names.slice(0, 20).join(", ") + (names.length > 20 ? `, and ${names.length - 20} more` : "");
  throw new ArgumentError(op, `no ${kind} "${name}"`, names.length > 0 ? `there are ${shown}` : "there are none");
}

/**
 * A part of a network. Parameters, buffers and modules assigned to its properties, or in arrays there, belong to it, and
 * are named after the properties, as in PyTorch: `lstm.weight_ih_l0`, `layers.0.bias`.
 *
 * @example
 * class Net extends Module {
 *   hidden = new Linear(3, 16);
 *   head = new Linear(16, 1);
 *   forward(x: Tensor): Tensor {
 *     return this.head.forward(this.hidden.forward(x).tanh());
 *   }
 * }
 */
export abstract class Module implements NamedTensors {
  /** True in training mode (dropout drops), false in evaluation mode. Set it with `train()` and `eval()`. */
  training = true;
  /** What `traceGuard` said last, and whether it still holds. */
  #guard: { readonly text: string; readonly watch: SettingsWatch } | null = null;

  static {
    Object.defineProperty(Module.prototype, inspectSymbol, { value: inspect });
  }

  /** The layer's computation, which each class writes for itself. */
  abstract forward(...inputs: never[]): unknown;

  /** Own properties and the items of own arrays, `key` or `key.0`. */
  *#members(): Generator<readonly [name: string, value: unknown]> {
    for (const [key, value] of Object.entries(this)) {
      if (!Array.isArray(value)) yield [key, value];
      else for (const [i, item] of value.entries()) yield [`${key}.${i}`, item];
    }
  }

  /** The modules directly inside, with their names. */
  *namedChildren(): Generator<readonly [name: string, module: Module]> {
    for (const [name, value] of this.#members()) if (value instanceof Module) yield [name, value];
  }

  /** The modules directly inside. */
  children(): Module[] {
    return [...this.namedChildren()].map(([, child]) => child);
  }

  /** This module and all inside it, outermost first; each once. */
  *namedModules(
    prefix = "",
    seen: Set<Module> = new Set<Module>(),
  ): Generator<readonly [name: string, module: Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.namedChildren())
      yield* child.namedModules(prefix ? `${prefix}.${name}` : name, seen);
  }

  /** This module and all inside it, outermost first; each once. */
  modules(): Module[] {
    return [...this.namedModules()].map(([, module]) => module);
  }

  /** Modules under every name they have. */
  *#everyModule(prefix = "", outer: readonly Module[] = []): Generator<readonly [name: string, module: Module]> {
    if (outer.includes(this)) return;
    yield [prefix, this];
    for (const [name, child] of this.namedChildren())
      yield* child.#everyModule(prefix ? `${prefix}.${name}` : name, [...outer, this]);
  }

  /**
   * The module of a dotted name, such as `blocks.0.hidden`; itself for "".
   *
   * @throws ArgumentError that lists the names there are
   */
  getSubmodule(name: string): Module {
    return pick("getSubmodule", "module", name, this.#everyModule());
  }

  /** Parameters and buffers under every name they have: one that is shared comes once for each. */
  *#everyName(prefix = "", outer: readonly Module[] = []): Generator<readonly [name: string, tensor: Parameter]> {
    if (outer.includes(this)) return;
    for (const [name, value] of this.#members()) if (value instanceof Parameter) yield [prefix + name, value];
    for (const [name, child] of this.namedChildren()) yield* child.#everyName(`${prefix}${name}.`, [...outer, this]);
  }

  /** All parameters and buffers; one that is shared comes once, under its first name. */
  *namedTensors(): Generator<readonly [name: string, tensor: Parameter]> {
    const seen = new Set<Parameter>();
    for (const entry of this.#everyName()) {
      if (seen.has(entry[1])) continue;
      seen.add(entry[1]);
      yield entry;
    }
  }

  /** What compiled steps depend on besides tensors: modes, plain settings such as dropout's p, and which parameters learn. */
  traceGuard(): string {
    if (this.#guard?.watch.isUnchanged) return this.#guard.text;
    const all = this.modules();
    const parameters = this.parameters();
    const modules = all.map((module) => `${module.training ? "train" : "eval"} ${plainSettings(module)}`);
    const learning = parameters.map(({ requiresGrad }) => (requiresGrad ? "l" : "f"));
    const text = `${modules.join(";")} ${learning.join("")}`;
    this.#guard = { text, watch: new SettingsWatch(all, parameters) };
    return text;
  }

  /** Parameters by their state-dict names, those of modules inside too. */
  *namedParameters(): Generator<readonly [name: string, parameter: Parameter]> {
    for (const entry of this.namedTensors()) if (!(entry[1] instanceof Buffer)) yield entry;
  }

  /** What an optimiser takes. */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
  }

  /** Buffers by their state-dict names, those of modules inside too. */
  *namedBuffers(): Generator<readonly [name: string, buffer: Buffer]> {
    for (const [name, tensor] of this.namedTensors()) if (tensor instanceof Buffer) yield [name, tensor];
  }

  /**
   * The parameter of a dotted name, such as `lstm.weight_ih_l0`.
   *
   * @throws ArgumentError that lists the names there are
   */
  getParameter(name: string): Parameter {
    return pick(
      "getParameter",
      "parameter",
      name,
      [...this.#everyName()].filter(([, tensor]) => !(tensor instanceof Buffer)),
    );
  }

  /** How many numbers the parameters hold, shared ones counted once; with `trainable`, those that ask for gradients. */
  parameterCount({ trainable = false }: { readonly trainable?: boolean } = {}): number {
    return this.parameters().reduce((sum, { size, requiresGrad }) => sum + (requiresGrad || !trainable ? size : 0), 0);
  }

  /**
   * Has all parameters learned, or with `false` frozen. Gradients already added up stay: freeze before `backward`, or call
   * `zeroGrad`.
   *
   * @example
   * encoder.requiresGrad_(false);
   */
  requiresGrad_(flag = true): this {
    for (const parameter of this.parameters()) parameter.requireGrad(flag);
    return this;
  }

  /**
   * Calls `fn` with every module inside and then with this one, each once, as torch's Module.apply.
   *
   * @example
   * model.apply((module) => {
   *   if (module instanceof Linear) init.xavierUniform_(module.weight);
   * });
   */
  apply(fn: (module: Module) => void): this {
    this.#visit(fn, new Set<Module>());
    return this;
  }

  #visit(fn: (module: Module) => void, seen: Set<Module>): void {
    if (seen.has(this)) return;
    seen.add(this);
    for (const [, child] of this.namedChildren()) child.#visit(fn, seen);
    fn(this);
  }

  /** A snapshot by name, shared tensors under every name they have; later training does not change it. */
  stateDict(): StateDict {
    const state: StateDict = {};
    for (const [name, value] of this.#everyName()) state[name] = value.detach();
    return state;
  }

  /**
   * Takes over values by name, all or nothing.
   *
   * @throws StateDictError that lists every missing, unexpected and mis-shaped key; ArgumentError for what is no state
   */
  loadStateDict(state: LoadableStateDict, options?: LoadOptions): LoadResult {
    return loadInto(new Map<string, Tensor>(this.#everyName()), state, options);
  }

  /** Switches this module and all inside it to training mode. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Switches this module and all inside it to evaluation mode. */
  eval(): this {
    return this.train(false);
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) {
      parameter.grad?.dispose();
      parameter.grad = null;
    }
  }

  /**
   * Moves all parameters and buffers to another backend. Make the optimiser afterwards, or move it too.
   *
   * @throws BackendError for what is no backend, such as the promise of one
   * @example
   * await model.to(backend);
   * await optimizer.to(backend);
   */
  async to(backend: Backend): Promise<this> {
    requireBackend("to", backend);
    for (const [, value] of this.namedTensors()) await value.moveTo_(backend);
    return this;
  }

  /** What stands in the parentheses of `toString`: by default the own properties that are plain values. */
  extraRepr(): string {
    return plainSettings(this);
  }

  /** The module and all inside it as an indented tree, as PyTorch prints it. `console.log(model)` shows it in Node. */
  toString(): string {
    return describeModule(this);
  }
}
