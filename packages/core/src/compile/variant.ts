import { bindRunInputs, evaluateSize, type Graph, type HostTensor, type Program, type Runner } from "@unrolled/backend";
import { makeHostTensor } from "../graph/host-input.js";
import type { TracedStep } from "../graph/trace.js";
import { overBatches } from "./over-batches.js";

export type HostRecord = Record<string, HostTensor>;

/** A step traced for one kind of input, and its programs: of one step, and of many in a row. */
export class Variant {
  readonly traced: TracedStep;
  readonly #runner: Runner;
  #single: Promise<Program> | null = null;
  #many: Promise<Program> | null = null;
  /** The program of one step, once it is prepared. */
  preparedSingle: Program | null = null;

  constructor(traced: TracedStep, runner: Runner) {
    this.traced = traced;
    this.#runner = runner;
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

  /** The inputs of one run, with those that the host makes. */
  withHostInputs(given: HostRecord): HostRecord {
    const { hostInputs } = this.traced;
    if (hostInputs.length === 0) return given;
    const names = new Set(hostInputs.map(({ name }) => name));
    const inputs = this.graph.inputs.filter(({ name }) => !names.has(name));
    const sizes = bindRunInputs({ ...this.graph, inputs }, given);
    const made = hostInputs.map(({ name, value, make }): [string, HostTensor] => {
      const shape = this.graph.dims?.shapes.get(value)?.map((size) => evaluateSize(size, sizes)) ?? value.shape;
      return [name, makeHostTensor(name, make, shape, value.dtype)];
    });
    return { ...given, ...Object.fromEntries(made) };
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
