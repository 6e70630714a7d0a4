import type { Backend } from "@unrolled/backend";
import type { NamedTensors, Tensor } from "@unrolled/core";
import { Buffer, Parameter } from "./parameter.js";
import { type LoadableStateDict, type LoadOptions, type LoadResult, loadInto, type StateDict } from "./state-dict.js";

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

  *namedParameters(): Generator<readonly [name: string, parameter: Parameter]> {
    for (const entry of this.namedTensors()) if (!(entry[1] instanceof Buffer)) yield entry;
  }

  /** What an optimiser takes. */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
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
   * @throws ArgumentError that lists every missing, unexpected and mis-shaped key
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

  /** Moves all parameters and buffers to another backend. Make the optimiser afterwards. */
  async to(backend: Backend): Promise<this> {
    for (const [, value] of this.namedTensors()) await value.moveTo_(backend);
    return this;
  }
}
