import {
  BackendError,
  bindRunInputs,
  dtypeOf,
  type Graph,
  GraphError,
  type HostTensor,
  type Program,
  requireState,
  sameShape,
  sizeOf,
} from "@unrolled/backend";
import { stateBindings } from "@unrolled/onnx";
import type { Tensor } from "onnxruntime-node";
import type { EngineSession, Ort, Tensors } from "./engine.js";
import { reasonOf } from "./load-peer.js";
import { requireSizes } from "./recurrent-nodes.js";
import { fromTensor, toTensor } from "./tensors.js";
import { Turns } from "./turns.js";

/** Each state tensor must come out as it went in, and its initial elements must fill it. */
export function checkState(graph: Graph): void {
  for (const { name, input, output, initial } of graph.state) {
    if (output.dtype !== input.dtype || !sameShape(output.shape, input.shape)) {
      throw new GraphError(
        "onnxRuntime",
        `state "${name}" goes in as ${input.dtype} [${input.shape.join(", ")}] and comes out as ${output.dtype} [${output.shape.join(", ")}]`,
        "a state keeps its shape and dtype",
      );
    }
    if (dtypeOf(initial) !== input.dtype || initial.length !== sizeOf(input.shape)) {
      throw new GraphError(
        "onnxRuntime",
        `state "${name}" is ${input.dtype} [${input.shape.join(", ")}], its initial value is ${initial.length} elements of ${dtypeOf(initial)}`,
        "give initial elements of that dtype, as many as the shape has",
      );
    }
  }
}

/** A session, and the state that travels from one run to the next. */
export class OnnxProgram implements Program {
  readonly #ort: Ort;
  readonly #graph: Graph;
  readonly #session: EngineSession;
  readonly #recurrentOps: readonly string[];
  #state: Readonly<Record<string, Tensor>>;
  readonly #turns: Turns = new Turns();
  #disposal: Promise<void> | null = null;

  constructor(ort: Ort, graph: Graph, session: EngineSession, recurrentOps: readonly string[]) {
    this.#ort = ort;
    this.#graph = graph;
    this.#session = session;
    this.#recurrentOps = recurrentOps;
    this.#state = Object.fromEntries(
      graph.state.map(({ name, input, initial }) => [
        name,
        toTensor(ort, { data: initial.slice(), shape: input.shape, dtype: input.dtype }),
      ]),
    );
  }

  async run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    this.#requireAlive("run");
    bindRunInputs(this.#graph, inputs);
    requireSizes(this.#graph, this.#recurrentOps, inputs);
    return this.#turns.take(() => this.#step(inputs));
  }

  async readState(): Promise<Record<string, HostTensor>> {
    this.#requireAlive("readState");
    return this.#turns.take(async () => {
      const entries = Object.entries(this.#state).map(([name, tensor]) => {
        const held = fromTensor(tensor);
        return [name, { ...held, data: held.data.slice() }] as const;
      });
      return Object.fromEntries(entries);
    });
  }

  async writeState(state: Readonly<Record<string, HostTensor>>): Promise<void> {
    this.#requireAlive("writeState");
    requireState(this.#graph, state);
    const copies = Object.entries(state).map(
      ([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }] as const,
    );
    await this.#turns.take(async () => {
      this.#state = Object.fromEntries(copies.map(([name, tensor]) => [name, toTensor(this.#ort, tensor)]));
    });
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#turns.take(() => this.#session.release());
    return this.#disposal;
  }

  async #step(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const feeds: Record<string, Tensor> = { ...this.#state };
    for (const { name } of this.#graph.inputs) feeds[name] = toTensor(this.#ort, inputs[name]);
    const results = await this.#compute(feeds);
    this.#state = Object.fromEntries(stateBindings(this.#graph).map(({ input, output }) => [input, results[output]]));
    return Object.fromEntries(this.#graph.outputs.map(({ name }) => [name, fromTensor(results[name])]));
  }

  async #compute(feeds: Record<string, Tensor>): Promise<Tensors> {
    try {
      return await this.#session.run(feeds);
    } catch (cause) {
      throw new BackendError(
        "onnxRuntime",
        `graph "${this.#graph.name}" failed (${reasonOf(cause)})`,
        "check indices and lengths in the inputs; the state is as before the run",
        { cause },
      );
    }
  }

  #requireAlive(call: string): void {
    if (this.#disposal) {
      throw new BackendError("onnxRuntime", `${call} on a disposed program`, "prepare the graph again");
    }
  }
}
