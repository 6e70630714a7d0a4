import {
  type Backend,
  BackendError,
  bindRunInputs,
  type Graph,
  type GraphValue,
  type HostTensor,
  type Program,
  type Runner,
  requireState,
  type TypedArray,
} from "@unrolled/backend";
import { keep, scope } from "../memory/scope.js";
import { requireBackend } from "../require-backend.js";
import { Tensor } from "../tensor.js";
import { executeNodes } from "./execute.js";

type HostRecord = Readonly<Record<string, HostTensor>>;

class InterpretedProgram implements Program {
  readonly #graph: Graph;
  readonly #backend: Backend;
  readonly #constants: Map<GraphValue, Tensor>;
  #state: Tensor[];
  #disposed = false;

  constructor(graph: Graph, backend: Backend) {
    this.#graph = graph;
    this.#backend = backend;
    this.#constants = new Map([...graph.constants].map(([value, data]) => [value, this.#upload(value, data)]));
    this.#state = graph.state.map(({ input, initial }) => this.#upload(input, initial));
  }

  /** Outputs by name, owned by the caller; the state has moved on. */
  #step(inputs: HostRecord): Tensor[] {
    if (this.#disposed) throw new BackendError("run", "the program was disposed of", "prepare the graph again");
    const graph = this.#graph;
    const backend = this.#backend;
    const sizes = bindRunInputs(graph, inputs);
    const { outputs, next } = scope(() => {
      const values = new Map(this.#constants);
      graph.state.forEach(({ input }, i) => {
        values.set(input, this.#state[i]);
      });
      for (const { name, value } of graph.inputs) {
        const { data, shape, dtype } = inputs[name];
        values.set(value, new Tensor(backend, backend.upload(data, shape, dtype), shape, dtype));
      }
      executeNodes(graph, backend, values, { sizes });
      const own = (value: GraphValue): Tensor => (values.get(value) as Tensor).detach();
      return {
        outputs: graph.outputs.map(({ value }) => own(value)),
        next: graph.state.map(({ output }) => own(output)),
      };
    });
    for (const tensor of this.#state) tensor.dispose();
    this.#state = next.map(keep);
    return outputs;
  }

  async run(inputs: HostRecord): Promise<Record<string, HostTensor>> {
    const outputs = this.#step(inputs).map(keep);
    try {
      return await readAll(
        this.#graph.outputs.map(({ name }) => name),
        outputs,
      );
    } finally {
      for (const output of outputs) output.dispose();
    }
  }

  runSync(inputs: HostRecord): Record<string, HostTensor> {
    return scope(() => {
      const outputs = this.#step(inputs);
      return Object.fromEntries(
        this.#graph.outputs.map(({ name }, i): [string, HostTensor] => [name, hostSync(outputs[i])]),
      );
    });
  }

  async readState(): Promise<Record<string, HostTensor>> {
    if (this.#disposed)
      throw new BackendError("readState", "the program was disposed of", "read the state before dispose()");
    return readAll(
      this.#graph.state.map(({ name }) => name),
      this.#state,
    );
  }

  async writeState(state: HostRecord): Promise<void> {
    if (this.#disposed) throw new BackendError("writeState", "the program was disposed of", "prepare the graph again");
    requireState(this.#graph, state);
    const before = this.#state;
    this.#state = this.#graph.state.map(({ name, input }) => this.#upload(input, state[name].data));
    for (const tensor of before) tensor.dispose();
  }

  #upload({ shape, dtype }: GraphValue, data: TypedArray): Tensor {
    const backend = this.#backend;
    return keep(new Tensor(backend, backend.upload(data, shape, dtype), shape, dtype));
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const tensor of [...this.#constants.values(), ...this.#state]) tensor.dispose();
  }
}

function hostSync(tensor: Tensor): HostTensor {
  return { data: tensor.dataSync(), shape: tensor.shape, dtype: tensor.dtype };
}

async function readAll(names: readonly string[], tensors: readonly Tensor[]): Promise<Record<string, HostTensor>> {
  const hosts = await Promise.all(
    tensors.map(
      async (tensor): Promise<HostTensor> => ({ data: await tensor.data(), shape: tensor.shape, dtype: tensor.dtype }),
    ),
  );
  return Object.fromEntries(names.map((name, i) => [name, hosts[i]]));
}

/**
 * A Runner that executes graphs op by op on a backend: what is traced runs wherever tensors do.
 *
 * @example
 * const program = await interpreter(cpu()).prepare(graph);
 * const { y } = await program.run({ x: { data, shape: [10, 1, 1], dtype: "float32" } });
 */
export function interpreter(backend: Backend): Runner {
  requireBackend("interpreter", backend);
  return {
    contract: "v1",
    name: `interpreter(${backend.name})`,
    prepare: async (graph) => new InterpretedProgram(graph, backend),
  };
}
