import { afterRun, full, isTracing, keep, type Tensor } from "@unrolled/core";
import type { OptimizerKind } from "./kind.js";

interface Slot {
  readonly tensor: Tensor;
  /** Whether a step has written to it. */
  used: boolean;
}

/** What an optimiser remembers of its parameters: tensors in slots, and numbers. */
export class OptimizerState<O extends { readonly lr: number }> {
  readonly #kind: OptimizerKind<O>;
  readonly #slots: Map<string, Map<Tensor, Slot>>;
  readonly #numbers: Map<Tensor, Map<string, number>> = new Map<Tensor, Map<string, number>>();

  constructor(kind: OptimizerKind<O>) {
    this.#kind = kind;
    this.#slots = new Map(Object.keys(kind.slots).map((name) => [name, new Map<Tensor, Slot>()]));
  }

  /** Names of the slots that some options call for. */
  needed(options: O): string[] {
    return Object.entries(this.#kind.slots).flatMap(([name, { needed }]) =>
      needed?.(options) === false ? [] : [name],
    );
  }

  /** Makes the slots of a parameter that its options call for and that are not there yet. */
  prepare(parameter: Tensor, options: O): void {
    for (const name of this.needed(options))
      if (this.slot(name, parameter) === null) this.add(name, parameter, options);
  }

  add(name: string, parameter: Tensor, options: O): Tensor {
    const { dtype, backend, shape } = parameter;
    const tensor = keep(full(shape, this.#kind.slots[name].start?.(options) ?? 0, { dtype, backend }));
    this.#slots.get(name)?.set(parameter, { tensor, used: false });
    return tensor;
  }

  slot(name: string, parameter: Tensor): Tensor | null {
    return this.#slots.get(name)?.get(parameter)?.tensor ?? null;
  }

  isUsed(name: string, parameter: Tensor): boolean {
    return this.#slots.get(name)?.get(parameter)?.used ?? false;
  }

  /** Puts a result into a slot. */
  store(name: string, parameter: Tensor, value: Tensor): void {
    const slot = this.#slots.get(name)?.get(parameter);
    if (slot === undefined) return;
    slot.tensor.assign_(value);
    if (slot.used) return;
    if (!isTracing(parameter.backend)) slot.used = true;
    else
      afterRun(parameter, () => {
        slot.used = true;
      });
  }

  number(name: string, parameter: Tensor): number {
    return this.#numbers.get(parameter)?.get(name) ?? this.#kind.numbers?.[name] ?? 0;
  }

  setNumber(name: string, parameter: Tensor, value: number): void {
    const numbers = this.#numbers.get(parameter);
    if (numbers) numbers.set(name, value);
    else this.#numbers.set(parameter, new Map([[name, value]]));
  }

  /** For each parameter the number of its past among those that differ: all 0 where all have seen the same steps. */
  pasts(parameters: readonly Tensor[]): number[] {
    const different = new Map<string, number>();
    return parameters.map((parameter) => {
      const past = this.#past(parameter);
      const number = different.get(past) ?? different.size;
      different.set(past, number);
      return number;
    });
  }

  /** All that the host knows of a parameter's past, as text. */
  #past(parameter: Tensor): string {
    const used = [...this.#slots.values()].map((slots) => slots.get(parameter)?.used ?? false);
    return [...(this.#numbers.get(parameter) ?? []), ...used].join();
  }

  /** What there is to save of a parameter: nothing before its first step. Tensors are snapshots. */
  entriesOf(parameter: Tensor): Record<string, Tensor | number> {
    const entries: Record<string, Tensor | number> = {};
    if (this.#numbers.has(parameter)) {
      for (const name of Object.keys(this.#kind.numbers ?? { step: 0 })) entries[name] = this.number(name, parameter);
    }
    for (const [name, slots] of this.#slots) {
      const slot = slots.get(parameter);
      if (slot?.used) entries[name] = slot.tensor.detach();
    }
    return entries;
  }

  /** Forgets everything about a parameter. */
  clear(parameter: Tensor): void {
    this.#numbers.delete(parameter);
    for (const slots of this.#slots.values()) {
      slots.get(parameter)?.tensor.dispose();
      slots.delete(parameter);
    }
  }

  /** The slots of one parameter. */
  tensorsOf(parameter: Tensor): Tensor[] {
    return [...this.#slots.values()].flatMap((slots) => slots.get(parameter)?.tensor ?? []);
  }

  /** All slots, name by name. */
  *tensors(): Generator<readonly [name: string, parameter: Tensor, tensor: Tensor]> {
    for (const [name, slots] of this.#slots)
      for (const [parameter, { tensor }] of slots) yield [name, parameter, tensor];
  }
}
