import {
  ArgumentError,
  type Backend,
  BackendError,
  DTypeError,
  formatShape,
  GraphError,
  requireKnownOptions,
  ShapeError,
  sameShape,
} from "@unrolled/backend";
import {
  afterRun,
  describeValue,
  isTracing,
  type NamedTensors,
  noGrad,
  requireBackend,
  scope,
  Tensor,
  type TensorLike,
} from "@unrolled/core";
import { type Group, given, groupsOf, isGroup, type OptimizerInput, type ParameterGroup, tensorsOf } from "./group.js";
import { hostNumbers, type NumberRule } from "./host-numbers.js";
import { type OptimizerKind, requireRange, requireValid, zeroOrMore } from "./kind.js";
import { loadState } from "./load-state.js";
import { hasMovingMomentum } from "./moving-momentum.js";
import { OptionsWatch } from "./options-watch.js";
import { areTraced, requireParameters } from "./parameters.js";
import { OptimizerState } from "./state.js";
import type { LoadableOptimizerState, OptimizerStateDict, SavedGroup } from "./state-dict.js";
import { clipGradients, type StepOptions } from "./step-options.js";

function requireLossFunction(fn: unknown): void {
  if (typeof fn === "function") return;
  throw new ArgumentError(
    "step",
    `got ${describeValue(fn)} where a function goes`,
    "give one that returns the loss, or nothing after backward()",
  );
}

/** What all optimisers share: groups, state that exists from the start, the step in one call, and state dicts. */
export abstract class Optimizer<O extends { readonly lr: number }, K extends string = string> implements NamedTensors {
  readonly name: string;
  readonly paramGroups: Group<O>[] = [];
  readonly #kind: OptimizerKind<O>;
  readonly #defaults: O;
  readonly #state: OptimizerState<O>;
  #hasStepped = false;
  /** What `traceGuard` said last, and whether it still holds. */
  #guard: { readonly text: string; readonly watch: OptionsWatch } | null = null;

  /** @param kind its options, state and checks */
  protected constructor(kind: OptimizerKind<O>, input: OptimizerInput<O>, options: Partial<O>) {
    this.name = kind.name;
    this.#kind = kind;
    this.#defaults = { ...kind.defaults, ...given<O>(kind.name, options, kind.defaults) };
    this.#state = new OptimizerState(kind);
    const groups = groupsOf(kind.name, input);
    const complete = groups.map((group) => this.#complete(group));
    requireParameters(
      kind.name,
      complete.flatMap(({ params }) => params),
    );
    for (const group of complete) this.#add(group);
  }

  /** Whether there was a step, here or before a state that was loaded. */
  get hasStepped(): boolean {
    return this.#hasStepped;
  }

  /** The numbers of a parameter's step, counted from 1, that change from step to step. */
  protected abstract numbers(group: Group<O>, step: number, parameter: Tensor): Readonly<Record<K, number>>;

  /** New values from one parameter's gradient. Numbers are tensors in a traced step, and only those that are read become inputs. */
  protected abstract update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<O>,
    numbers: Readonly<Record<K, TensorLike>>,
  ): void;

  /** The numbers in tensor ops, for files that train without this library; those left out cannot be said so. */
  protected rules(_group: Group<O>, _parameter: Tensor): { readonly [N in K]?: NumberRule } {
    return {};
  }

  /** Moves a parameter's state numbers on after its step. */
  protected advance(_parameter: Tensor, _group: Group<O>, _step: number): void {
    // most have the step count alone
  }

  /**
   * Takes in more parameters, as when layers are thawed. Options left out are the optimiser's; state starts afresh.
   *
   * @throws ArgumentError if a parameter is there already, or an option is unknown or out of range
   * @example
   * optimizer.addParamGroup({ params: encoder.parameters(), lr: 1e-4 });
   */
  addParamGroup(group: ParameterGroup<O>): void {
    const complete = this.#complete(group);
    requireParameters(this.name, [...this.#parameters(), ...complete.params]);
    this.#add(complete);
  }

  #complete(group: ParameterGroup<O>): Group<O> {
    if (!isGroup<O>(group))
      throw new ArgumentError(
        this.name,
        "tensors and groups are mixed",
        "give tensors only, or { params: [...] } only",
      );
    const { params, ...own } = group;
    const options = { ...this.#defaults, ...given<O>(this.name, own as unknown as Partial<O>, this.#kind.defaults) };
    requireValid(this.#kind, options);
    return {
      ...options,
      params: params instanceof Tensor ? [params] : tensorsOf(this.name, params),
    } as unknown as Group<O>;
  }

  #add(group: Group<O>): void {
    this.paramGroups.push(group);
    for (const parameter of group.params) this.#state.prepare(parameter, group as unknown as O);
  }

  /** A parameter's state tensor; null where its options did not call for it. */
  protected slot(name: string, parameter: Tensor): Tensor | null {
    return this.#state.slot(name, parameter);
  }

  /** A parameter's state tensor, made now if an option has been switched on since. */
  protected slotOrNew(name: string, parameter: Tensor, group: Group<O>): Tensor {
    const slot = this.slot(name, parameter);
    if (slot !== null) return slot;
    if (isTracing(parameter.backend)) {
      throw new GraphError(
        this.name,
        `${name} is made in the first step that needs it, and a traced step can make none`,
        "take one step without tracing, or set the option when the optimiser is made",
      );
    }
    return this.#state.add(name, parameter, group as unknown as O);
  }

  /** Whether a step has put something into a state tensor. */
  protected isUsed(name: string, parameter: Tensor): boolean {
    return this.#state.isUsed(name, parameter);
  }

  /** Notes that a step writes to a state tensor. */
  protected markUsed(name: string, parameter: Tensor): void {
    this.#state.markUsed(name, parameter);
  }

  /** Puts a result into a state tensor. */
  protected store(name: string, parameter: Tensor, value: Tensor): void {
    this.#state.store(name, parameter, value);
  }

  /** A state number of a parameter. */
  protected number(name: string, parameter: Tensor): number {
    return this.#state.number(name, parameter);
  }

  protected setNumber(name: string, parameter: Tensor, value: number): void {
    this.#state.setNumber(name, parameter, value);
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) {
      for (const parameter of params) {
        if (parameter.grad === null) continue;
        parameter.grad.dispose();
        parameter.grad = null;
      }
    }
  }

  /**
   * Updates every parameter that has a gradient. With a function, does the whole step: zeroGrad, the loss, backward, the
   * update; frees whatever was made on the way, and returns the loss.
   *
   * @param fn synchronous; returns a scalar loss
   * @throws ArgumentError for what is no function, options that are unknown or out of range, and a group's rate set to NaN or below 0
   * @example
   * const loss = optimizer.step(() => mseLoss(model.forward(x), y), { clipGradNorm: 1 });
   */
  step(): void;
  step(fn: () => Tensor, options?: StepOptions): Tensor;
  step(fn?: () => Tensor, options?: StepOptions): Tensor | undefined {
    if (fn === undefined) {
      this.#updateAll();
      return undefined;
    }
    requireLossFunction(fn);
    if (options !== undefined)
      requireKnownOptions("step", options, ["clipGradNorm", "errorIfNonFinite", "clipGradValue"]);
    return scope((): Tensor => {
      this.zeroGrad();
      const loss = fn();
      if (typeof (loss as Partial<Tensor>)?.backward !== "function") {
        throw new ArgumentError(
          "step",
          "the function did not return a tensor",
          "make it synchronous and return the loss",
        );
      }
      loss.backward();
      if (options !== undefined) clipGradients(this.paramGroups, options);
      this.#updateAll();
      return loss.detach();
    });
  }

  #parameters(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params);
  }

  #updateAll(): void {
    this.#requireRates();
    const isTraced = areTraced(this.name, this.paramGroups);
    if (!isTraced) this.#hasStepped = true;
    noGrad((): void => {
      for (const group of this.paramGroups) {
        for (const parameter of group.params) {
          const { grad } = parameter;
          if (grad === null) continue;
          if (parameter.backend.capabilities.hostMemory) this.#updateOne(parameter, grad, group, isTraced);
          else scope((): void => this.#updateOne(parameter, grad, group, isTraced));
        }
      }
    });
  }

  /** Rates may have been changed since the last step. */
  #requireRates(): void {
    for (let i = 0; i < this.paramGroups.length; i++) {
      const lr: number = this.paramGroups[i].lr;
      if (!(lr >= 0 && lr < Number.POSITIVE_INFINITY)) requireRange(this.name, `paramGroups[${i}].lr`, lr, zeroOrMore);
    }
  }

  #updateOne(parameter: Tensor, gradient: Tensor, group: Group<O>, isTraced: boolean): void {
    if (!sameShape(gradient.shape, parameter.shape) || gradient.dtype !== parameter.dtype)
      throw this.#misfit(parameter, gradient);
    if (isTraced) {
      this.update(parameter, gradient, group, this.#hostNumbers(parameter, group));
      afterRun(parameter, () => {
        this.#hasStepped = true;
        this.#advance(parameter, group, this.#stepOf(parameter));
      });
      return;
    }
    this.#requireStateBeside(parameter);
    const step = this.#stepOf(parameter);
    this.update(parameter, gradient, group, this.numbers(group, step, parameter));
    this.#advance(parameter, group, step);
  }

  #misfit(parameter: Tensor, gradient: Tensor): Error {
    const remedy = "give a parameter's gradient its own shape and dtype";
    if (!sameShape(gradient.shape, parameter.shape)) {
      const shapes = `gradient of ${formatShape(gradient.shape)} for a parameter of ${formatShape(parameter.shape)}`;
      return new ShapeError(this.name, shapes, remedy);
    }
    return new DTypeError(this.name, `${gradient.dtype} gradient for a ${parameter.dtype} parameter`, remedy);
  }

  /** The number of the next step, from 1. */
  #stepOf(parameter: Tensor): number {
    return this.number("step", parameter) + 1;
  }

  #advance(parameter: Tensor, group: Group<O>, step: number): void {
    this.advance(parameter, group, step);
    this.setNumber("step", parameter, step);
  }

  #hostNumbers(parameter: Tensor, group: Group<O>): Readonly<Record<K, Tensor>> {
    if (hasMovingMomentum(group)) {
      throw new GraphError(
        this.name,
        "a schedule moves the momentum, which is fixed in a traced step",
        "make the schedule with cycleMomentum: false",
      );
    }
    const next = (): Readonly<Record<K, number>> => {
      this.#requireRates();
      return this.numbers(group, this.#stepOf(parameter), parameter);
    };
    const { params } = group;
    return hostNumbers({
      parameter,
      owner: this,
      group: this.paramGroups.indexOf(group),
      count: this.#state.pasts(params)[params.indexOf(parameter)],
      otherDType: parameter.dtype !== params[0].dtype,
      names: Object.keys(this.numbers(group, this.#stepOf(parameter), parameter)) as K[],
      rules: { lr: (_: Tensor, rate: Tensor) => rate, ...this.rules(group, parameter) },
      next,
      rate: () => group.lr as number,
      steps: () => this.number("step", parameter),
    });
  }

  /** All options but rates, and which parameters have seen the same steps, for compiled steps. */
  traceGuard(): string {
    let isCommon = true;
    for (let i = 0; i < this.paramGroups.length; i++)
      isCommon = isCommon && this.#state.havePastInCommon(this.paramGroups[i].params);
    if (isCommon && this.#guard?.watch.isUnchanged) return this.#guard.text;
    const groups = this.paramGroups.map(({ params, lr, initialLr, ...options }, i) => [
      options,
      hasMovingMomentum(this.paramGroups[i]),
      this.#state.pasts(params),
    ]);
    const text = JSON.stringify(groups);
    this.#guard = isCommon ? { text, watch: new OptionsWatch(this.paramGroups) } : null;
    return text;
  }

  #requireStateBeside(parameter: Tensor): void {
    const stray = this.#state.strayBackend(parameter);
    if (stray === null) return;
    throw new BackendError(
      this.name,
      `a parameter is on ${parameter.backend.name}, its state on ${stray.name}`,
      "after moving the model: await optimizer.to(backend)",
    );
  }

  /** All state tensors as `slot.index`, index counting parameters over all groups. */
  *namedTensors(): Generator<readonly [name: string, tensor: Tensor]> {
    const index = new Map(this.#parameters().map((parameter, i) => [parameter, i]));
    for (const [name, parameter, tensor] of this.#state.tensors()) yield [`${name}.${index.get(parameter)}`, tensor];
  }

  /**
   * State and options in PyTorch's layout: `state` by parameter number with PyTorch's names (`step`, `exp_avg`), and
   * `paramGroups` with camelCase options. A parameter has no state before its first step. Tensors are snapshots: further steps
   * do not change them; on a device, dispose of them when done.
   *
   * @example
   * const { tensors, meta } = splitStateDict(optimizer.stateDict()); // tensors and JSON, for files
   */
  stateDict(): OptimizerStateDict {
    const numbers = new Map(this.#parameters().map((parameter, i) => [parameter, i]));
    const state = [...numbers].flatMap(([parameter, i]) => {
      const entries = this.#state.entriesOf(parameter);
      return Object.keys(entries).length > 0 ? [[String(i), entries] as const] : [];
    });
    const paramGroups = this.paramGroups.map(({ params, ...options }): SavedGroup => {
      const indices = params.map((parameter) => numbers.get(parameter) as number);
      return { ...(structuredClone(options) as object), params: indices } as SavedGroup;
    });
    return { state: Object.fromEntries(state), paramGroups };
  }

  /**
   * Takes over saved state and options, all or nothing. Values are cast to the parameters' dtypes. Training then goes on as if it
   * had not stopped, bit for bit. Make schedules before: making one changes rates.
   *
   * @throws ArgumentError that lists every missing, unexpected and mis-shaped entry and every option that does not fit
   */
  loadStateDict(saved: LoadableOptimizerState): void {
    loadState(this.#kind, this.paramGroups, this.#state, saved);
    this.#hasStepped = true;
  }

  /**
   * Moves the state after the model was moved: `await model.to(backend); await optimizer.to(backend);`.
   *
   * @throws BackendError for what is no backend, such as the promise of one
   */
  async to(backend: Backend): Promise<this> {
    requireBackend("to", backend);
    for (const [, tensor] of this.namedTensors()) await tensor.moveTo_(backend);
    return this;
  }
}
