import type { Backend } from "@unrolled/backend";
import { afterRun, full, isTracing, keep, type Tensor } from "@unrolled/core";
import type { OptimizerKind } from "./kind.js";

interface Slot {
  readonly tensor: Tensor;
  /** Whether a step has written to it. */
  used: boolean;
}

/** What is remembered of one parameter. */
interface Memory {
  /** In the order of the kind's slots; null where its options did not call for one. */
  readonly slots: (Slot | null)[];
  /** Empty before the first step. */
  readonly numbers: Map<string, number>;
}

function isSamePast(a: Memory | undefined, b: Memory | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const steps = a.numbers.get("step");
  if (a.numbers.size !== b.numbers.size || steps !== b.numbers.get("step")) return false;
  if (steps === undefined || a.numbers.size > 1)
    for (const [name, value] of a.numbers) if (b.numbers.get(name) !== value) return false;
  for (let i = 0; i < a.slots.length; i++)
    if ((a.slots[i]?.used ?? false) !== (b.slots[i]?.used ?? false)) return false;
  return true;
}

/** What an optimiser remembers of its parameters: tensors in slots, and numbers. */
export class OptimizerState<O extends { readonly lr: number }> {
  readonly #kind: OptimizerKind<O>;
  readonly #names: readonly string[];
  readonly #memories: Map<Tensor, Memory> = new Map<Tensor, Memory>();
  /** What was asked for last: a step asks for the same parameter's several times in a row. */
  #latest: { readonly parameter: Tensor; readonly memory: Memory } | null = null;

  constructor(kind: OptimizerKind<O>) {
    this.#kind = kind;
    this.#names = Object.keys(kind.slots);
  }

  #memoryOf(parameter: Tensor): Memory | undefined {
    if (this.#latest !== null && this.#latest.parameter === parameter) return this.#latest.memory;
    const memory = this.#memories.get(parameter);
    if (memory !== undefined) this.#latest = { parameter, memory };
    return memory;
  }

  #memoryFor(parameter: Tensor): Memory {
    const known = this.#memoryOf(parameter);
    if (known !== undefined) return known;
    const memory: Memory = { slots: this.#names.map(() => null), numbers: new Map<string, number>() };
    this.#memories.set(parameter, memory);
    return memory;
  }

  #slotOf(name: string, parameter: Tensor): Slot | null {
    return this.#memoryOf(parameter)?.slots[this.#names.indexOf(name)] ?? null;
  }

  /** Names of the slots that some options call for. */
  needed(options: O): string[] {
    return this.#names.filter((name) => this.#kind.slots[name].needed?.(options) !== false);
  }

  /** Makes the slots of a parameter that its options call for and that are not there yet. */
  prepare(parameter: Tensor, options: O): void {
    for (const name of this.needed(options))
      if (this.slot(name, parameter) === null) this.add(name, parameter, options);
  }

  add(name: string, parameter: Tensor, options: O): Tensor {
    const { dtype, backend, shape } = parameter;
    const tensor = keep(full(shape, this.#kind.slots[name].start?.(options) ?? 0, { dtype, backend }));
    this.#memoryFor(parameter).slots[this.#names.indexOf(name)] = { tensor, used: false };
    return tensor;
  }

  slot(name: string, parameter: Tensor): Tensor | null {
    return this.#slotOf(name, parameter)?.tensor ?? null;
  }

  isUsed(name: string, parameter: Tensor): boolean {
    return this.#slotOf(name, parameter)?.used ?? false;
  }

  /** Puts a result into a slot. */
  store(name: string, parameter: Tensor, value: Tensor): void {
    this.slot(name, parameter)?.assign_(value);
    this.markUsed(name, parameter);
  }

  /** Notes that a step writes to a slot. */
  markUsed(name: string, parameter: Tensor): void {
    const slot = this.#slotOf(name, parameter);
    if (slot === null || slot.used) return;
    if (!isTracing(parameter.backend)) slot.used = true;
    else
      afterRun(parameter, () => {
        slot.used = true;
      });
  }

  number(name: string, parameter: Tensor): number {
    return this.#memoryOf(parameter)?.numbers.get(name) ?? this.#kind.numbers?.[name] ?? 0;
  }

  setNumber(name: string, parameter: Tensor, value: number): void {
    this.#memoryFor(parameter).numbers.set(name, value);
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

  /** Whether `pasts` are all 0, without making text of them. */
  havePastInCommon(parameters: readonly Tensor[]): boolean {
    const first = parameters.length === 0 ? undefined : this.#memoryOf(parameters[0]);
    for (let i = 1; i < parameters.length; i++) if (!isSamePast(first, this.#memories.get(parameters[i]))) return false;
    return true;
  }

  /** All that the host knows of a parameter's past, as text. */
  #past(parameter: Tensor): string {
    const used = this.#names.map((name) => this.isUsed(name, parameter));
    return [...(this.#memoryOf(parameter)?.numbers ?? []), ...used].join();
  }

  /** What there is to save of a parameter: nothing before its first step. Tensors are snapshots. */
  entriesOf(parameter: Tensor): Record<string, Tensor | number> {
    const entries: Record<string, Tensor | number> = {};
    const memory = this.#memoryOf(parameter);
    if (memory === undefined) return entries;
    if (memory.numbers.size > 0) {
      for (const name of Object.keys(this.#kind.numbers ?? { step: 0 })) entries[name] = this.number(name, parameter);
    }
    memory.slots.forEach((slot, i) => {
      if (slot?.used) entries[this.#names[i]] = slot.tensor.detach();
    });
    return entries;
  }

  /** Forgets everything about a parameter. */
  clear(parameter: Tensor): void {
    for (const slot of this.#memoryOf(parameter)?.slots ?? []) slot?.tensor.dispose();
    this.#memories.delete(parameter);
    this.#latest = null;
  }

  /** The backend of a state tensor that is not on its parameter's; null if all are. */
  strayBackend(parameter: Tensor): Backend | null {
    const memory = this.#memoryOf(parameter);
    if (memory === undefined) return null;
    for (let i = 0; i < memory.slots.length; i++) {
      const slot = memory.slots[i];
      if (slot !== null && slot.tensor.backend !== parameter.backend) return slot.tensor.backend;
    }
    return null;
  }

  /** All slots, name by name. */
  *tensors(): Generator<readonly [name: string, parameter: Tensor, tensor: Tensor]> {
    for (const [i, name] of this.#names.entries()) {
      for (const [parameter, { slots }] of this.#memories) {
        const slot = slots[i];
        if (slot !== null) yield [name, parameter, slot.tensor];
      }
    }
  }
}
