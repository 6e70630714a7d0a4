import {
  bindRunInputs,
  evaluateSize,
  type Graph,
  type HostTensor,
  type Program,
  type Runner,
  type TypedArray,
} from "@unrolled/backend";
import { makeHostTensor } from "../graph/host-input.js";
import type { TracedStep } from "../graph/trace.js";
import type { HostInput } from "../graph/tracer.js";
import type { Tensor } from "../tensor.js";
import { Stack } from "./batches.js";
import { elementsOf } from "./elements.js";
import { overBatches } from "./over-batches.js";

export type HostRecord = Record<string, HostTensor>;

/** A host tensor whose record is used again. */
type LentTensor = { -readonly [K in keyof HostTensor]: HostTensor[K] };

/** A step traced for one kind of input, and its programs: of one step, and of many in a row. */
export class Variant {
  readonly traced: TracedStep;
  readonly #runner: Runner;
  #single: Promise<Program> | null = null;
  #many: Promise<Program> | null = null;
  /** The program of one step, once it is prepared. */
  preparedSingle: Program | null = null;
  /** The graph without the inputs that the host makes. */
  readonly #given: Graph;
  /** All host inputs are single numbers, which can be made before anything is checked: making them changes nothing. */
  readonly #onlyNumbers: boolean;
  readonly #lent: Record<string, LentTensor> = {};

  constructor(traced: TracedStep, runner: Runner) {
    this.traced = traced;
    this.#runner = runner;
    const made = new Set(traced.hostInputs.map(({ name }) => name));
    this.#given = { ...traced.graph, inputs: traced.graph.inputs.filter(({ name }) => !made.has(name)) };
    this.#onlyNumbers = traced.hostInputs.every(({ value }) => value.shape.length === 0);
  }

  get graph(): Graph {
    return this.traced.graph;
  }

  single(): Promise<Program> {
    this.#single ??= this.#prepareSingle();
    return this.#single;
  }

  async #prepareSingle(): Promise<Program> {
    this.preparedSingle = await this.#runner.prepare(this.graph);
    return this.preparedSingle;
  }

  /** A program that takes batches stacked along a new first dimension, and stacks its outputs. */
  many(): Promise<Program> {
    this.#many ??= this.#runner.prepare(overBatches(this.graph));
    return this.#many;
  }

  /**
   * The inputs of a run that is over when its call returns: tensors are lent, not copied, and the next call takes the same record.
   */
  lentInputs(names: readonly string[], inputs: readonly Tensor[]): HostRecord {
    const record: Record<string, LentTensor> = this.#onlyNumbers ? this.#lent : {};
    for (let i = 0; i < names.length; i++) {
      const { shape, dtype } = inputs[i];
      const data = elementsOf(inputs[i]);
      const slot = record[names[i]];
      if (slot) {
        slot.data = data;
        slot.shape = shape;
        slot.dtype = dtype;
      } else record[names[i]] = { data, shape, dtype };
    }
    if (!this.#onlyNumbers) return this.withHostInputs(record);
    for (const input of this.traced.hostInputs) this.#makeNumber(record, input);
    return record;
  }

  #makeNumber(record: Record<string, LentTensor>, input: HostInput): void {
    const { name, value, make } = input;
    const made = make(value.shape);
    const slot = record[name];
    if (slot && typeof made === "number") slot.data[0] = made;
    else record[name] = makeHostTensor(name, () => made, value.shape, value.dtype);
  }

  /** The inputs of one run, with those that the host makes. */
  withHostInputs(given: HostRecord): HostRecord {
    const { hostInputs } = this.traced;
    if (hostInputs.length === 0) return given;
    const sizes = this.#sizesOf(given);
    for (const input of hostInputs) given[input.name] = this.#make(input, sizes);
    return given;
  }

  /**
   * Inputs of as many runs as there are, each stacked along a new first dimension; the host's are made run by run, and each run
   * is counted.
   *
   * @param names of the inputs that are given
   * @param first those of the first run
   * @param elements of input `i` in run `run`
   */
  stackedRuns(
    names: readonly string[],
    first: readonly HostTensor[],
    count: number,
    elements: (run: number, i: number) => TypedArray,
  ): HostRecord {
    const { hostInputs } = this.traced;
    const sizes = this.#sizesOf(Object.fromEntries(names.map((name, i) => [name, first[i]])));
    const given = first.map((meta) => new Stack(count, meta));
    const made = hostInputs.map(
      ({ value }) => new Stack(count, { shape: this.#shapeOf(value, sizes), dtype: value.dtype }),
    );
    for (let run = 0; run < count; run++) {
      for (let i = 0; i < given.length; i++) given[i].put(run, elements(run, i));
      for (let i = 0; i < made.length; i++) this.#putMade(made[i], run, hostInputs[i], sizes);
      this.countRun();
    }
    const stacked: HostRecord = {};
    names.forEach((name, i) => {
      stacked[name] = given[i].tensor;
    });
    hostInputs.forEach(({ name }, i) => {
      stacked[name] = made[i].tensor;
    });
    return stacked;
  }

  #putMade(stack: Stack, run: number, { name, value, make }: HostInput, sizes: Readonly<Record<string, number>>): void {
    const shape = this.#shapeOf(value, sizes);
    const made = make(shape);
    if (typeof made === "number") stack.fill(run, made);
    else stack.put(run, makeHostTensor(name, () => made, shape, value.dtype).data);
  }

  /** Sizes of this run's names; inputs are checked by the program where nothing is made of them before. */
  #sizesOf(given: HostRecord): Readonly<Record<string, number>> {
    return this.#onlyNumbers ? noSizes : bindRunInputs(this.#given, given);
  }

  #make({ name, value, make }: HostInput, sizes: Readonly<Record<string, number>>): HostTensor {
    return makeHostTensor(name, make, this.#shapeOf(value, sizes), value.dtype);
  }

  #shapeOf(value: HostInput["value"], sizes: Readonly<Record<string, number>>): readonly number[] {
    if (value.shape.length === 0) return value.shape;
    return this.graph.dims?.shapes.get(value)?.map((size) => evaluateSize(size, sizes)) ?? value.shape;
  }

  /** Counts on the host what a run has done. */
  countRun(): void {
    for (const count of this.traced.afterRun) count();
  }

  async dispose(): Promise<void> {
    await (await this.#single)?.dispose();
    await (await this.#many)?.dispose();
  }
}

const noSizes: Readonly<Record<string, number>> = Object.freeze({});
