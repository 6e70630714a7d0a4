import {
  ArgumentError,
  type Backend,
  formatShape,
  type Graph,
  type GraphBinding,
  GraphError,
  type GraphState,
  type GraphValue,
  type TypedArray,
} from "@unrolled/backend";
import { withBackend } from "../default-backend.js";
import { bufferOf, refusePromise } from "../engine.js";
import { Tensor } from "../tensor.js";
import { Tracer, type TracerOptions } from "./tracer.js";

/** Tensors that have names: a module's parameters and buffers, an optimiser's state. */
export interface NamedTensors {
  namedTensors(): Iterable<readonly [name: string, tensor: Tensor]>;
}

export type TensorRecord = Readonly<Record<string, Tensor>>;

export interface TraceOptions extends TracerOptions {
  /** The graph's name. Default "graph". */
  readonly name?: string;
  /** Tensors that the function changes in place: each becomes graph state, read at the start of a run and written at its end. */
  readonly state?: NamedTensors | readonly NamedTensors[];
  /** Tensors that the function only reads: each becomes a constant with the elements it has now. */
  readonly constants?: NamedTensors | readonly NamedTensors[];
}

interface Listed {
  readonly name: string;
  readonly tensor: Tensor;
  readonly data: TypedArray;
}

/** All that a traced function may change about a tensor. */
type Before = Pick<Tensor, "version" | "grad" | "node" | "slot" | "requiresGrad"> & {
  readonly backend: Backend;
  readonly buffer: object;
};

/** Reads the listed tensors; names from several sources that collide get the source's number in front. */
async function listTensors(
  sources: NamedTensors | readonly NamedTensors[] | undefined,
  seen: Set<Tensor>,
  names: Set<string>,
): Promise<Listed[]> {
  const listed: Listed[] = [];
  const all =
    sources === undefined
      ? []
      : Array.isArray(sources)
        ? (sources as readonly NamedTensors[])
        : [sources as NamedTensors];
  for (const [i, source] of all.entries()) {
    for (const [plain, tensor] of source.namedTensors()) {
      if (seen.has(tensor)) continue;
      seen.add(tensor);
      const name = names.has(plain) ? `${i}.${plain}` : plain;
      if (names.has(name))
        throw new ArgumentError("trace", `two tensors are named ${name}`, "give the modules distinct names");
      names.add(name);
      listed.push({ name, tensor, data: await tensor.data() });
    }
  }
  return listed;
}

/**
 * Records what a synchronous function does to tensors as a Graph: plain data that any Runner prepares, and that can leave as ONNX.
 * The function runs once, on values without elements; shapes are those of the examples. A whole training step can be traced:
 * list model and optimiser under `state`.
 *
 * @param inputs example tensors by name; their elements do not matter
 * @throws GraphError if the function touches a tensor that is not listed, or reads elements
 * @example
 * const graph = await trace(({ x }) => ({ y: model.forward(x) }), { x: zeros([10, 1, 1]) }, { constants: model });
 */
export async function trace<I extends TensorRecord>(
  fn: (inputs: I) => TensorRecord | Tensor,
  inputs: I,
  options: TraceOptions = {},
): Promise<Graph> {
  const seen = new Set<Tensor>();
  const names = new Set(Object.keys(inputs));
  const state = await listTensors(options.state, seen, names);
  const constants = await listTensors(options.constants, seen, names);
  const tracer = new Tracer(options);

  const bindings: GraphBinding[] = [];
  const traced: Record<string, Tensor> = {};
  for (const [name, example] of Object.entries(inputs)) {
    const value = tracer.value(example);
    bindings.push({ name, value });
    traced[name] = new Tensor(tracer, value, example.shape, example.dtype);
  }

  const before = new Map<Tensor, Before>();
  const stateInputs = new Map<Tensor, GraphValue>();
  const enter = (tensor: Tensor, value: GraphValue): void => {
    const { version, grad, node, slot, requiresGrad } = tensor;
    before.set(tensor, { ...tensor.exchange(tracer, value), version, grad, node, slot, requiresGrad });
    tensor.grad = null;
  };
  try {
    for (const { tensor } of state) {
      const value = tracer.value(tensor);
      stateInputs.set(tensor, value);
      enter(tensor, value);
    }
    for (const { tensor, data } of constants) enter(tensor, tracer.upload(data, tensor.shape, tensor.dtype));

    const result = withBackend(tracer, () => refusePromise("trace", fn(traced as I)));
    const outputs = Object.entries(result instanceof Tensor ? { output: result } : result).map(
      ([name, tensor]): GraphBinding => {
        if (!(tensor instanceof Tensor) || tensor.backend !== tracer) {
          throw new GraphError(
            "trace",
            `output ${name} was not computed by the traced function`,
            "return tensors made from its inputs, state or constants",
          );
        }
        return { name, value: bufferOf("trace", tensor) as GraphValue };
      },
    );
    const graphState = state.map(({ name, tensor, data }): GraphState => {
      const input = stateInputs.get(tensor) as GraphValue;
      return { name, input, output: bufferOf("trace", tensor) as GraphValue, initial: data };
    });
    for (const { name, tensor } of constants) {
      const { version } = before.get(tensor) as { version: number };
      if (tensor.version !== version) {
        throw new GraphError(
          "trace",
          `${name} ${formatShape(tensor.shape)} is listed as a constant, but the function changed it`,
          "list it under state",
        );
      }
    }
    return {
      name: options.name ?? "graph",
      inputs: bindings,
      outputs,
      state: graphState,
      constants: tracer.constants,
      nodes: tracer.nodes,
    };
  } finally {
    for (const [tensor, { backend, buffer, ...rest }] of before) {
      tensor.exchange(backend, buffer);
      Object.assign(tensor, rest);
    }
  }
}
