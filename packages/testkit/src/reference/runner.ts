import {
  allocate,
  BackendError,
  type BackwardNode,
  bindRunInputs,
  evaluateSize,
  type FusedOp,
  type Graph,
  type GraphNode,
  type GraphValue,
  type HostTensor,
  type Meta,
  type OpNode,
  type PrimitiveOp,
  type Program,
  type Runner,
  requireState,
  type ScanNode,
  type Size,
  sizeOf,
  type TypedArray,
  type UpdateOp,
} from "@unrolled/backend";
import { inferErased } from "../erased.js";
import { centralDifferences, type ErasedReference } from "./central-differences.js";
import { fusedReferences } from "./fused.js";
import { refuseIndexOutOfRange } from "./indices.js";
import type { PrimitiveReference } from "./primitive-reference.js";
import { primitiveReferences } from "./primitives.js";
import { updateReferences } from "./updates.js";
import { type Values, valuesOf } from "./values.js";

type HostRecord = Readonly<Record<string, HostTensor>>;
type Outputs = readonly (ArrayLike<number> | null)[];

function store(values: ArrayLike<number>, { shape, dtype }: Meta): HostTensor {
  const data = allocate(dtype, sizeOf(shape)) as TypedArray;
  data.set(values);
  return { data, shape, dtype };
}

/** One run: the tensors that its nodes have made so far. */
class Run {
  readonly #values = new Map<GraphValue, HostTensor>();

  constructor(
    readonly graph: Graph,
    readonly sizes: Readonly<Record<string, number>>,
  ) {
    for (const [value, data] of graph.constants) this.set(value, store(data, value));
  }

  get(value: GraphValue): HostTensor {
    return this.#values.get(value) as HostTensor;
  }

  set(value: GraphValue, tensor: HostTensor): void {
    this.#values.set(value, tensor);
  }

  nodes(nodes: readonly GraphNode[]): void {
    for (const node of nodes) {
      if (node.kind === "scan") this.#scan(node);
      else if (node.kind === "backward") this.#backward(node);
      else this.#op(node);
    }
  }

  #load(values: readonly (GraphValue | null)[]): (Values | null)[] {
    return values.map((value) => value && valuesOf(this.get(value)));
  }

  #save(values: readonly (GraphValue | null)[], results: Outputs, metas: readonly (Meta | null)[]): void {
    for (const [i, value] of values.entries()) {
      const [result, meta] = [results[i], metas[i]];
      if (value && result && meta) this.set(value, store(result, meta));
    }
  }

  #attrs(node: OpNode): object {
    const bind = (size: Size): number => evaluateSize(size, this.sizes);
    const sized = Object.entries(this.graph.dims?.attrs.get(node) ?? {});
    const bound = sized.map(([name, size]) => [name, Array.isArray(size) ? size.map(bind) : bind(size as Size)]);
    return { ...node.attrs, ...Object.fromEntries(bound) };
  }

  #op(node: OpNode): void {
    const inputs = this.#load(node.inputs);
    const attrs = this.#attrs(node);
    const metas = inferErased(node.op, inputs, attrs);
    if (node.op in primitiveReferences) {
      refuseIndexOutOfRange(node.op, inputs, attrs);
      const reference = primitiveReferences[node.op as PrimitiveOp] as unknown as PrimitiveReference<"neg">;
      this.#save(node.outputs, [reference(inputs as unknown as [Values], attrs, metas[0] as Meta)], metas);
      return;
    }
    const whole = fusedReferences[node.op as FusedOp] ?? updateReferences[node.op as UpdateOp];
    this.#save(node.outputs, (whole as unknown as ErasedReference)(inputs, attrs), metas);
  }

  #backward({ op, forward, inputs, outputs }: BackwardNode): void {
    const given = this.#load(forward.inputs);
    const reference = fusedReferences[op] as unknown as ErasedReference;
    const cotangents = this.#load(inputs).map((x) => x?.values ?? null);
    const wanted = outputs.map((value) => value !== null);
    const gradients = centralDifferences(reference, given, this.#attrs(forward), cotangents, wanted);
    this.#save(outputs, gradients, given);
  }

  #scan({ body, reverse, inputs, outputs }: ScanNode): void {
    const hosts = inputs.map((value) => this.get(value));
    const sequences = hosts.slice(body.states.length);
    let states = hosts.slice(0, body.states.length);
    const T = sequences[0].shape[0];
    const stacks: HostTensor[][] = body.results.map(() => new Array(T));
    for (let step = 0; step < T; step++) {
      const t = reverse ? T - 1 - step : step;
      for (const [i, value] of body.states.entries()) this.set(value, states[i]);
      for (const [i, value] of body.slices.entries()) this.set(value, sliceAt(sequences[i], t));
      this.nodes(body.nodes);
      states = body.nextStates.map((value) => this.get(value));
      for (const [i, value] of body.results.entries()) stacks[i][t] = this.get(value);
    }
    const results = [...states, ...stacks.map(stack)];
    for (const [i, value] of outputs.entries()) if (value) this.set(value, results[i]);
  }
}

function sliceAt({ data, shape, dtype }: HostTensor, t: number): HostTensor {
  const rest = shape.slice(1);
  const size = sizeOf(rest);
  return { data: data.slice(t * size, (t + 1) * size), shape: rest, dtype };
}

function stack(parts: readonly HostTensor[]): HostTensor {
  const [{ shape, dtype }] = parts;
  const all = parts.flatMap(({ data }) => Array.from(data));
  return store(all, { shape: [parts.length, ...shape], dtype });
}

function copy({ data, shape, dtype }: HostTensor): HostTensor {
  return { data: data.slice(), shape, dtype };
}

class ReferenceProgram implements Program {
  readonly #graph: Graph;
  #state: HostTensor[];
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(graph: Graph) {
    this.#graph = { ...graph, constants: new Map([...graph.constants].map(([value, data]) => [value, data.slice()])) };
    this.#state = graph.state.map(({ input, initial }) => store(initial, input));
  }

  runSync(inputs: HostRecord): Record<string, HostTensor> {
    this.#requireLive("runSync");
    const graph = this.#graph;
    const run = new Run(graph, bindRunInputs(graph, inputs));
    for (const { name, value } of graph.inputs) run.set(value, copy(inputs[name]));
    for (const [i, { input }] of graph.state.entries()) run.set(input, this.#state[i]);
    run.nodes(graph.nodes);
    this.#state = graph.state.map(({ output }) => copy(run.get(output)));
    return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, copy(run.get(value))]));
  }

  async run(inputs: HostRecord): Promise<Record<string, HostTensor>> {
    this.#requireLive("run");
    return this.#inTurn(() => this.runSync(inputs));
  }

  async readState(): Promise<Record<string, HostTensor>> {
    this.#requireLive("readState");
    return this.#inTurn(() => Object.fromEntries(this.#graph.state.map(({ name }, i) => [name, copy(this.#state[i])])));
  }

  async writeState(state: HostRecord): Promise<void> {
    this.#requireLive("writeState");
    requireState(this.#graph, state);
    const next = this.#graph.state.map(({ name }) => copy(state[name]));
    await this.#inTurn(() => {
      this.#state = next;
    });
  }

  async dispose(): Promise<void> {
    await this.#inTurn(() => {
      this.#disposed = true;
    });
  }

  #inTurn<T>(work: () => T): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn;
    return turn;
  }

  #requireLive(what: string): void {
    if (this.#disposed) throw new BackendError(what, "the program is disposed", "prepare the graph again");
  }
}

/**
 * A Runner made of the naive references: slow, and right. For tests of whatever is built on a Runner.
 *
 * @example
 * const program = await referenceRunner().prepare(graph);
 */
export function referenceRunner(): Runner {
  return { contract: "v1", name: "reference", prepare: async (graph) => new ReferenceProgram(graph) };
}
