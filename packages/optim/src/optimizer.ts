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
import { full, isTracing, type NamedTensors, noGrad, scope, Tensor } from "@unrolled/core";
import { clipGradNorm, clipGradValue } from "./clipping.js";
import { type Group, given, groupsOf, isGroup, type OptimizerInput, type ParameterGroup, tensorsOf } from "./group.js";
import { type OptimizerKind, requireRange, requireValid, zeroOrMore } from "./kind.js";
import { loadState } from "./load-state.js";
import { OptimizerState } from "./state.js";
import type { LoadableOptimizerState, OptimizerStateDict, SavedGroup } from "./state-dict.js";

export interface StepOptions {
  /** Scale gradients down so that their total norm is at most this, before the update; a list is one norm a group. */
  readonly clipGradNorm?: number | readonly number[];
  /** Raise, and change no parameter, if a norm to be clipped is infinite or NaN. Default false. */
  readonly errorIfNonFinite?: boolean;
  /** Limit each element of the gradients to plus and minus this, after clipping by norm. */
  readonly clipGradValue?: number;
}

/** What all optimisers share: groups, state that exists from the start, the step in one call, and state dicts. */
export abstract class Optimizer<O extends { readonly lr: number }> implements NamedTensors {
  readonly name: string;
  readonly paramGroups: Group<O>[] = [];
  readonly #kind: OptimizerKind<O>;
  readonly #defaults: O;
  readonly #state: OptimizerState<O>;
  #hasStepped = false;

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

  /** New values from one parameter's gradient. */
  protected abstract update(parameter: Tensor, gradient: Tensor, group: Group<O>, step: number): void;

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
    this.refuseTracing(parameter, `${name} is made in the first step that needs it: that`);
    return this.#state.add(name, parameter, group as unknown as O);
  }

  /** Whether a step has put something into a state tensor. */
  protected isUsed(name: string, parameter: Tensor): boolean {
    return this.#state.isUsed(name, parameter);
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

  /** A number that changes from step to step, as the 0-d tensor that update ops take. */
  protected scalar(value: number, like: Tensor): Tensor {
    return full([], value, { dtype: like.dtype, backend: like.backend });
  }

  /** Raises where a number kept by the host would be frozen into a traced graph. */
  protected refuseTracing(parameter: Tensor, what: string): void {
    if (isTracing(parameter.backend)) {
      throw new GraphError(
        this.name,
        `${what} changes from step to step and would be frozen in the traced graph`,
        "trace the loss and its gradients, and update outside",
      );
    }
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const parameter of this.#parameters()) {
      parameter.grad?.dispose();
      parameter.grad = null;
    }
  }

  /**
   * Updates every parameter that has a gradient. With a function, does the whole step: zeroGrad, the loss, backward, the
   * update; frees whatever was made on the way, and returns the loss.
   *
   * @param fn synchronous; returns a scalar loss
   * @throws ArgumentError for options that are unknown or out of range, and for a group's rate set to NaN or below 0
   * @example
   * const loss = optimizer.step(() => mseLoss(model.forward(x), y), { clipGradNorm: 1 });
   */
  step(): void;
  step(fn: () => Tensor, options?: StepOptions): Tensor;
  step(fn?: () => Tensor, options: StepOptions = {}): Tensor | undefined {
    if (fn === undefined) {
      this.#updateAll();
      return undefined;
    }
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
      this.#clip(options);
      this.#updateAll();
      return loss.detach();
    });
  }

  #clip({ clipGradNorm: norms, errorIfNonFinite = false, clipGradValue: limit }: StepOptions): void {
    if (typeof norms === "number") clipGradNorm(this.#parameters(), norms, { errorIfNonFinite });
    else if (norms !== undefined) {
      if (norms.length !== this.paramGroups.length) {
        throw new ArgumentError(
          "step",
          `clipGradNorm has ${norms.length} norms for ${this.paramGroups.length} groups`,
          "give one number for all, or one a group; Infinity does not clip",
        );
      }
      for (const [i, norm] of norms.entries()) clipGradNorm(this.paramGroups[i].params, norm, { errorIfNonFinite });
    } else if (errorIfNonFinite) {
      throw new ArgumentError(
        "step",
        "errorIfNonFinite without clipGradNorm",
        "set clipGradNorm, to Infinity for the check alone",
      );
    }
    if (limit !== undefined) clipGradValue(this.#parameters(), limit);
  }

  #parameters(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params);
  }

  #updateAll(): void {
    this.#requireRates();
    this.#hasStepped = true;
    for (const group of this.paramGroups) {
      for (const parameter of group.params) {
        if (parameter.grad !== null)
          noGrad(() => scope(() => this.#updateOne(parameter, parameter.grad as Tensor, group)));
      }
    }
  }

  /** Rates may have been changed since the last step. */
  #requireRates(): void {
    for (const [i, { lr }] of this.paramGroups.entries())
      if (!(lr >= 0 && lr < Number.POSITIVE_INFINITY))
        requireRange(this.name, `paramGroups[${i}].lr`, lr as number, zeroOrMore);
  }

  #updateOne(parameter: Tensor, gradient: Tensor, group: Group<O>): void {
    const remedy = "give a parameter's gradient its own shape and dtype";
    if (!sameShape(gradient.shape, parameter.shape)) {
      const shapes = `gradient of ${formatShape(gradient.shape)} for a parameter of ${formatShape(parameter.shape)}`;
      throw new ShapeError(this.name, shapes, remedy);
    }
    if (gradient.dtype !== parameter.dtype)
      throw new DTypeError(this.name, `${gradient.dtype} gradient for a ${parameter.dtype} parameter`, remedy);
    this.#requireStateBeside(parameter);
    const step = this.number("step", parameter) + 1;
    this.update(parameter, gradient, group, step);
    if (!isTracing(parameter.backend)) this.setNumber("step", parameter, step);
  }

  #requireStateBeside(parameter: Tensor): void {
    if (isTracing(parameter.backend)) return;
    for (const { backend } of this.#state.tensorsOf(parameter)) {
      if (backend === parameter.backend) continue;
      throw new BackendError(
        this.name,
        `a parameter is on ${parameter.backend.name}, its state on ${backend.name}`,
        "after moving the model: await optimizer.to(backend)",
      );
    }
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

  /** Moves the state after the model was moved. */
  async to(backend: Backend): Promise<this> {
    for (const [, tensor] of this.namedTensors()) await tensor.moveTo_(backend);
    return this;
  }
}

/** Raises unless all are distinct leaves of floats. */
function requireParameters(name: string, parameters: readonly Tensor[]): void {
  if (parameters.length === 0) throw new ArgumentError(name, "got no parameters", "pass model.parameters()");
  if (new Set(parameters).size < parameters.length)
    throw new ArgumentError(name, "a parameter is listed twice", "list each once");
  for (const { node, dtype } of parameters) {
    if (node !== null) {
      throw new GraphError(
        name,
        "a parameter was computed from other tensors",
        "optimise leaves: detach() it and set requiresGrad",
      );
    }
    if (dtype !== "float32" && dtype !== "float64")
      throw new DTypeError(name, `a parameter is ${dtype}`, "use float32 or float64");
  }
}
