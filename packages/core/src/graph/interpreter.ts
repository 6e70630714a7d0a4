import {
  ArgumentError,
  type Backend,
  BackendError,
  DTypeError,
  formatShape,
  type Graph,
  type GraphValue,
  type HostTensor,
  type Program,
  type Runner,
  ShapeError,
  sameShape,
  sizeOf,
} from "@unrolled/backend";
import { keep, scope } from "../memory/scope.js";
import { Tensor } from "../tensor.js";
import { executeNodes } from "./execute.js";

type HostRecord = Readonly<Record<string, HostTensor>>;

/** Raises unless `inputs` are exactly what the graph takes. */
function checkInputs(graph: Graph, inputs: HostRecord): void {
  for (const { name, value } of graph.inputs) {
    const given = inputs[name];
    if (given === undefined) {
      throw new ArgumentError(
        "run",
        `input ${name} is missing`,
        `give all of: ${graph.inputs.map((b) => b.name).join(", ")}`,
      );
    }
    if (!sameShape(given.shape, value.shape)) {
      throw new ShapeError(
        "run",
        `input ${name} is ${formatShape(given.shape)}, the graph was traced with ${formatShape(value.shape)}`,
        "trace again with that shape",
      );
    }
    if (given.dtype !== value.dtype)
      throw new DTypeError("run", `input ${name} is ${given.dtype}`, `give ${value.dtype}`);
    if (given.data.length !== sizeOf(given.shape)) {
      throw new ShapeError(
        "run",
        `input ${name} has ${given.data.length} numbers for ${formatShape(given.shape)}`,
        `give ${sizeOf(given.shape)}`,
      );
    }
  }
  const known = new Set(graph.inputs.map(({ name }) => name));
  for (const name of Object.keys(inputs)) {
    if (!known.has(name))
      throw new ArgumentError("run", `there is no input ${name}`, `the inputs are: ${[...known].join(", ")}`);
  }
}

class InterpretedProgram implements Program {
  readonly #graph: Graph;
  readonly #backend: Backend;
  readonly #constants: Map<GraphValue, Tensor>;
  #state: Tensor[];
  #disposed = false;

  constructor(graph: Graph, backend: Backend) {
    this.#graph = graph;
    this.#backend = backend;
    const upload = (value: GraphValue, data: HostTensor["data"]): Tensor =>
      keep(new Tensor(backend, backend.upload(data, value.shape, value.dtype), value.shape, value.dtype));
    this.#constants = new Map([...graph.constants].map(([value, data]) => [value, upload(value, data)]));
    this.#state = graph.state.map(({ input, initial }) => upload(input, initial));
  }

  /** Outputs by name, owned by the caller; the state has moved on. */
  #step(inputs: HostRecord): Tensor[] {
    if (this.#disposed) throw new BackendError("run", "the program was disposed of", "prepare the graph again");
    const graph = this.#graph;
    const backend = this.#backend;
    checkInputs(graph, inputs);
    const { outputs, next } = scope(() => {
      const values = new Map(this.#constants);
      graph.state.forEach(({ input }, i) => {
        values.set(input, this.#state[i]);
      });
      for (const { name, value } of graph.inputs) {
        values.set(
          value,
          new Tensor(backend, backend.upload(inputs[name].data, value.shape, value.dtype), value.shape, value.dtype),
        );
      }
      executeNodes(graph, backend, values);
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
  return {
    contract: "v1",
    name: `interpreter(${backend.name})`,
    prepare: async (graph) => new InterpretedProgram(graph, backend),
  };
}
