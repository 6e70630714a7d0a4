import { ArgumentError, type Backend, DTypeError, GraphError, requireKnownOptions } from "@unrolled/backend";
import { full, isTracing, keep, type NamedTensors, noGrad, scope, type Tensor, zerosLike } from "@unrolled/core";
import { clipGradNorm } from "./clipping.js";

/** Parameters with options of their own; options left out are the optimiser's. */
export type ParameterGroup<O> = { readonly params: Iterable<Tensor> } & Partial<O>;

/** What an optimiser is made from: tensors, or groups of them. */
export type OptimizerInput<O> = Iterable<Tensor> | Iterable<ParameterGroup<O>>;

/** A group with every option filled in. Options may be changed between steps, as schedules do. */
export type Group<O> = { -readonly [K in keyof O]: O[K] } & { readonly params: readonly Tensor[] };

export interface StepOptions {
  /** Scale gradients down so that their total norm is at most this, before the update. */
  readonly clipGradNorm?: number;
}

/** A slot of state a parameter: named, as large as the parameter, zero at the start. */
type Slots = Map<Tensor, Tensor>;

/** What all optimisers share: groups, state that exists from the start, and the step in one call. */
export abstract class Optimizer<O extends { readonly lr: number }> implements NamedTensors {
  readonly paramGroups: Group<O>[];
  readonly #slots: Map<string, Slots> = new Map<string, Slots>();
  readonly #steps: Map<Tensor, number> = new Map<Tensor, number>();

  /** @param defaults every option there is, with its default */
  protected constructor(input: OptimizerInput<O>, defaults: O, options: Partial<O>) {
    const name = this.constructor.name;
    const items = [...(input as Iterable<Tensor | ParameterGroup<O>>)];
    const groups = items.some((item) => "params" in item)
      ? (items as ParameterGroup<O>[])
      : [{ params: items as Tensor[] } as unknown as ParameterGroup<O>];
    const seen = new Set<Tensor>();
    this.paramGroups = groups.map((group) => {
      if (!("params" in group))
        throw new ArgumentError(name, "tensors and groups are mixed", "give tensors only, or { params: [...] } only");
      const params = [...group.params];
      const { params: _, ...own } = group;
      return {
        ...defaults,
        ...given(name, options, defaults),
        ...given(name, own, defaults),
        params,
      } as unknown as Group<O>;
    });
    for (const { params } of this.paramGroups) {
      for (const parameter of params) {
        if (seen.has(parameter)) throw new ArgumentError(name, "a parameter is listed twice", "list each once");
        seen.add(parameter);
        if (parameter.node !== null)
          throw new GraphError(
            name,
            "a parameter was computed from other tensors",
            "optimise leaves: detach() it and set requiresGrad",
          );
        if (parameter.dtype !== "float32" && parameter.dtype !== "float64")
          throw new DTypeError(name, `a parameter is ${parameter.dtype}`, "use float32 or float64");
      }
    }
    if (seen.size === 0) throw new ArgumentError(name, "got no parameters", "pass model.parameters()");
    for (const group of this.paramGroups) this.validate(group);
  }

  /** Raises an ArgumentError for options out of range. */
  protected abstract validate(options: O): void;
  /** New values from one parameter's gradient. */
  protected abstract update(parameter: Tensor, gradient: Tensor, group: Group<O>, step: number): void;

  /** Makes a zeroed state slot for every parameter of a group. */
  protected addSlot(name: string, group: Group<O>): void {
    const slots = this.#slots.get(name) ?? new Map<Tensor, Tensor>();
    this.#slots.set(name, slots);
    for (const parameter of group.params) slots.set(parameter, keep(zerosLike(parameter)));
  }

  protected slot(name: string, parameter: Tensor): Tensor | null {
    return this.#slots.get(name)?.get(parameter) ?? null;
  }

  /** Puts a result in a parameter's or a slot's place. */
  protected replace(target: Tensor, value: Tensor): void {
    target.assign_(value);
    value.dispose();
  }

  /** A number that changes from step to step, as the 0-d tensor that update ops take. */
  protected scalar(value: number, like: Tensor): Tensor {
    return full([], value, { dtype: like.dtype, backend: like.backend });
  }

  /** Raises where a number kept by the host would be frozen into a traced graph. */
  protected refuseTracing(parameter: Tensor, what: string): void {
    if (isTracing(parameter.backend)) {
      throw new GraphError(
        this.constructor.name,
        `${what} changes from step to step and would be frozen in the traced graph`,
        "trace the loss and its gradients, and update outside",
      );
    }
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) {
      for (const parameter of params) {
        parameter.grad?.dispose();
        parameter.grad = null;
      }
    }
  }

  /**
   * Updates every parameter that has a gradient. With a function, does the whole step: zeroGrad, the loss, backward, the
   * update; frees whatever was made on the way, and returns the loss.
   *
   * @param fn synchronous; returns a scalar loss
   * @example
   * const loss = optimizer.step(() => mseLoss(model.forward(x), y), { clipGradNorm: 1 });
   */
  step(): void;
  step(fn: () => Tensor, options?: StepOptions): Tensor;
  step(fn?: () => Tensor, options: StepOptions = {}): Tensor | undefined {
    if (fn === undefined) {
      noGrad(() => scope(() => this.#updateAll()));
      return undefined;
    }
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
      if (options.clipGradNorm !== undefined) clipGradNorm(this.#parameters(), options.clipGradNorm);
      noGrad(() => this.#updateAll());
      return loss.detach();
    });
  }

  #parameters(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params);
  }

  #updateAll(): void {
    for (const group of this.paramGroups) {
      for (const parameter of group.params) {
        const gradient = parameter.grad;
        if (gradient === null) continue;
        const step = (this.#steps.get(parameter) ?? 0) + 1;
        this.update(parameter, gradient, group, step);
        if (!isTracing(parameter.backend)) this.#steps.set(parameter, step);
      }
    }
  }

  /** All state tensors as `slot.index`, index counting parameters over all groups. */
  *namedTensors(): Generator<readonly [name: string, tensor: Tensor]> {
    const index = new Map(this.#parameters().map((parameter, i) => [parameter, i]));
    for (const [name, slots] of this.#slots)
      for (const [parameter, tensor] of slots) yield [`${name}.${index.get(parameter)}`, tensor];
  }

  /** Moves the state after the model was moved. */
  async to(backend: Backend): Promise<this> {
    for (const [, tensor] of this.namedTensors()) await tensor.moveTo_(backend);
    return this;
  }
}

/** The options that have a value, all of which must be known. */
function given(name: string, options: object, defaults: object): object {
  requireKnownOptions(name, options, Object.keys(defaults));
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Raises unless a number lies in [low, high). */
export function requireRange(
  optimizer: string,
  name: string,
  value: number,
  low: number,
  high: number = Number.POSITIVE_INFINITY,
): void {
  if (!(value >= low && value < high)) {
    throw new ArgumentError(
      optimizer,
      `${name} ${value}`,
      high === Number.POSITIVE_INFINITY
        ? `use a number of ${low} or more`
        : `use a number from ${low} to below ${high}`,
    );
  }
}
