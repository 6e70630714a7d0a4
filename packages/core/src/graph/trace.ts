import {
  ArgumentError,
  type Backend,
  formatShape,
  type Graph,
  type GraphBinding,
  GraphError,
  type GraphState,
  type GraphValue,
  type Meta,
  requireKnownOptions,
  type TypedArray,
} from "@unrolled/backend";
import { withBackend } from "../default-backend.js";
import { bufferOf, refusePromise } from "../engine.js";
import { Tensor } from "../tensor.js";
import { fitGraph } from "./dims/fit-graph.js";
import { type InputSpec, metasAt, namedMetas, namesIn, sizesToTrace } from "./dims/input-specs.js";
import { type HostInput, Tracer } from "./tracer.js";

/** Tensors that have names: a module's parameters and buffers, an optimiser's state. */
export interface NamedTensors {
  namedTensors(): Iterable<readonly [name: string, tensor: Tensor]>;
  /** What else a traced function depends on, as text: a compiled step traces again when it changes. Train or eval, options. */
  traceGuard?(): string;
}

/** Tensors by name. */
export type TensorRecord = Readonly<Record<string, Tensor>>;

/** One tensor for each input. */
export type TensorsOf<I> = { readonly [K in keyof I]: Tensor };

/** Options of `trace`. */
export interface TraceOptions {
  /** Keep fused ops and updates as single nodes; else they arrive as primitives. Default true. */
  readonly fused?: boolean;
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

const traceOptions: readonly (keyof TraceOptions)[] = ["fused", "name", "state", "constants"];

/** What a traced function needs beside its graph, on every run. */
export interface TracedStep {
  readonly graph: Graph;
  /** Inputs of the graph, the last ones, that the host fills. */
  readonly hostInputs: readonly HostInput[];
  /** Called after every run. */
  readonly afterRun: readonly (() => void)[];
  /** The tensors of the graph's state, in its order. */
  readonly stateTensors: readonly (readonly [name: string, tensor: Tensor])[];
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
 * A whole training step can be traced: list model and optimiser under `state`.
 *
 * A shape may name sizes, `["batch", "time", 1]`: the graph then runs for all of them. The function is traced at five sizes, and
 * every number that differs becomes a polynomial of the names. A loop over a named size must be a layer, a `scan` or `scanSteps`.
 *
 * @param inputs shapes, with dtypes other than float32, or example tensors, whose elements do not matter
 * @throws GraphError if the function touches a tensor that is not listed, reads elements, draws random numbers, or does other
 *   ops for other sizes
 * @example
 * const graph = await trace(({ x }) => ({ y: model.forward(x) }), { x: ["time", "batch", 1] }, { constants: model });
 */
export async function trace<I extends Readonly<Record<string, InputSpec>>>(
  fn: (inputs: TensorsOf<I>) => TensorRecord | Tensor,
  inputs: I,
  options: TraceOptions = {},
): Promise<Graph> {
  requireKnownOptions("trace", options, traceOptions);
  return (await traceFunction(fn, inputs, options, false)).graph;
}

/**
 * `trace` for a caller that fills the inputs of `hostInput` before each run and calls what `afterRun` registered after it.
 * Inputs and outputs have the shapes of the specs.
 *
 * @throws GraphError as `trace`
 * @example
 * const { graph, hostInputs, afterRun } = await traceStep(({ x }) => optimizer.step(() => model.forward(x).sum()), { x }, { state: [model, optimizer] });
 */
export async function traceStep<I extends Readonly<Record<string, InputSpec>>>(
  fn: (inputs: TensorsOf<I>) => TensorRecord | Tensor,
  inputs: I,
  options: TraceOptions = {},
): Promise<TracedStep> {
  requireKnownOptions("traceStep", options, traceOptions);
  return traceFunction(fn, inputs, options, true);
}

async function traceFunction<I extends Readonly<Record<string, InputSpec>>>(
  fn: (inputs: TensorsOf<I>) => TensorRecord | Tensor,
  inputs: I,
  options: TraceOptions,
  served: boolean,
): Promise<TracedStep> {
  const seen = new Set<Tensor>();
  const metas = namedMetas("trace", inputs);
  const names = new Set(Object.keys(metas));
  const state = await listTensors(options.state, seen, names);
  const constants = await listTensors(options.constants, seen, names);
  const record = fn as (inputs: TensorRecord) => TensorRecord | Tensor;
  const at = (given: Readonly<Record<string, Meta>>): TracedStep =>
    traceAt(record, given, { state, constants, names }, options, served);
  const sizes = namesIn(metas);
  if (sizes.length === 0) return at(metasAt(metas, {}));
  const shapes = [...Object.values(metas), ...[...state, ...constants].map(({ tensor }) => tensor)].map(({ shape }) =>
    shape.filter((size) => typeof size === "number"),
  );
  const traces = sizesToTrace(sizes, shapes);
  const steps: TracedStep[] = [];
  for (const [i, trace] of traces.entries()) {
    steps.push(at(metasAt(metas, trace)));
    // A loop over a size shows at once, before it is run for a large one.
    if (i === 1 && steps[0].graph.nodes.length !== steps[1].graph.nodes.length) break;
  }
  const graph = fitGraph(
    steps.map((step) => step.graph),
    traces.slice(0, steps.length),
  );
  return { ...steps[0], graph };
}

interface Surroundings {
  readonly state: readonly Listed[];
  readonly constants: readonly Listed[];
  /** Names of inputs, state and constants. */
  readonly names: ReadonlySet<string>;
}

/** Traces at some sizes. A step that is run many times must forget its gradients: at its beginning, or at its end. */
function traceAt(
  fn: (inputs: TensorRecord) => TensorRecord | Tensor,
  metas: Readonly<Record<string, Meta>>,
  surroundings: Surroundings,
  options: TraceOptions,
  served: boolean,
): TracedStep {
  const tracerOptions = { fused: options.fused ?? true, served };
  const tracer = new Tracer(tracerOptions);
  try {
    return traceOnce(tracer, fn, metas, surroundings, options, served);
  } catch (error) {
    if (!tracer.readsLeftovers) throw error;
    let forgets = false;
    const look = (inputs: TensorRecord): TensorRecord | Tensor => {
      const result = fn(inputs);
      forgets = surroundings.state.every(({ tensor }) => tensor.grad === null);
      return result;
    };
    const traced = traceOnce(new Tracer(tracerOptions), look, metas, surroundings, options, false);
    if (forgets) return traced;
    throw error;
  }
}

/** Runs the function once, on values without elements. */
function traceOnce(
  tracer: Tracer,
  fn: (inputs: TensorRecord) => TensorRecord | Tensor,
  metas: Readonly<Record<string, Meta>>,
  { state, constants, names }: Surroundings,
  { name = "graph" }: TraceOptions,
  mayLeaveGradients: boolean,
): TracedStep {
  const bindings: GraphBinding[] = [];
  const traced: Record<string, Tensor> = {};
  for (const [name, meta] of Object.entries(metas)) {
    const value = tracer.value(meta);
    bindings.push({ name, value });
    traced[name] = new Tensor(tracer, value, meta.shape, meta.dtype);
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
      if (mayLeaveGradients && tensor.requiresGrad) {
        const leftover = tracer.leftoverGradient(tensor);
        tensor.grad = new Tensor(tracer, leftover, tensor.shape, tensor.dtype);
      }
    }
    for (const { tensor, data } of constants) enter(tensor, tracer.upload(data, tensor.shape, tensor.dtype));

    const result = withBackend(tracer, () => refusePromise("trace", fn(traced)));
    const outputs = Object.entries(result instanceof Tensor ? { output: result } : result).map(
      ([name, tensor]): GraphBinding => {
        if (!(tensor instanceof Tensor) || tensor.backend !== tracer) {
          throw new GraphError(
            "trace",
            `output ${name} was not computed by the traced function`,
            "return tensors made from its inputs, state or constants",
          );
        }
        const value = bufferOf("trace", tensor) as GraphValue;
        tracer.requireLasting(value);
        return { name, value };
      },
    );
    const graphState = state.map(({ name, tensor, data }): GraphState => {
      const input = stateInputs.get(tensor) as GraphValue;
      const output = bufferOf("trace", tensor) as GraphValue;
      tracer.requireLasting(output);
      return { name, input, output, initial: data };
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
    const hostInputs = [...tracer.hostInputs.values()];
    for (const { name } of hostInputs)
      if (names.has(name))
        throw new ArgumentError("trace", `a host input is named ${name}, as another tensor`, "give it another name");
    return {
      graph: {
        name,
        inputs: [...bindings, ...hostInputs.map(({ name, value }) => ({ name, value }))],
        outputs,
        state: graphState,
        constants: tracer.constants,
        nodes: tracer.nodes,
      },
      hostInputs,
      afterRun: tracer.afterRun,
      stateTensors: state.map(({ name, tensor }) => [name, tensor] as const),
    };
  } finally {
    for (const [tensor, { backend, buffer, ...rest }] of before) {
      tensor.exchange(backend, buffer);
      Object.assign(tensor, rest);
    }
  }
}
