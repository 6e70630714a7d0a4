import {
  ArgumentError,
  type DType,
  type Graph,
  GraphError,
  type GraphValue,
  isFloat,
  requireKnownOptions,
  type TypedArray,
} from "@unrolled/backend";
import { type InputSpec, type Tensor, type TensorRecord, type TensorsOf, trace } from "@unrolled/core";
import type { Module } from "@unrolled/nn";
import { type CompressionReport, compressOnnx } from "../compress/index.js";
import { type GraphToOnnxOptions, graphToOnnxOptions, writeModel } from "../graph-to-onnx.js";
import { evaluating } from "./evaluating.js";
import { type ExportOutputs, flatOutputs } from "./flat-outputs.js";
import { type Affine, Scaling } from "./scaling.js";
import { StreamedState } from "./streamed-state.js";

/** Inputs by name: sizes, of which names stay open, or shape and dtype. */
export type ExportInputs = Readonly<Record<string, InputSpec>>;

/** Options of `exportOnnx`. */
export interface ExportOnnxOptions<I extends ExportInputs = ExportInputs> extends GraphToOnnxOptions {
  /**
   * The model's inputs by name: a shape (float32) such as `["batch", "time", 1]`, whose named sizes may differ from run to run, a
   * shape and dtype, or an example tensor.
   */
  readonly inputs: I;
  /** Names of the outputs, in the order in which `forward` returns them. Default: keys of records, else `output`. */
  readonly outputs?: readonly string[];
  /** What the model computes. Default: `model.forward`, with the inputs in their order. */
  readonly forward?: (inputs: TensorsOf<I>) => ExportOutputs;
  /**
   * For streams: the state of every recurrent layer that is given none is an input, `lstm.h`, and an output, `lstm.h.next`. A stream
   * begins with zeros. Default false.
   */
  readonly stateful?: boolean;
  /** By name of an input: raw values come in, and are scaled. By name of an output: forecasts leave as raw values. */
  readonly scale?: Readonly<Record<string, Affine>>;
  /** Store weights in fewer bits, as `compressOnnx` does. Default: float32. */
  readonly weights?: "float16" | "int8";
  /** Called with what `weights` did to each tensor. */
  readonly onCompressed?: (report: CompressionReport) => void;
  /** The graph's name. Default "model". */
  readonly name?: string;
}

const op = "exportOnnx";

const knownOptions: readonly (keyof ExportOnnxOptions)[] = [
  "inputs",
  "outputs",
  "forward",
  "stateful",
  "scale",
  "weights",
  "onCompressed",
  "name",
  ...(graphToOnnxOptions as readonly (keyof GraphToOnnxOptions)[]),
];

/**
 * Writes a model as an ONNX file (a serialised ModelProto): what `forward` computes in evaluation mode. The model stays as it is.
 *
 * Stock layers become ONNX's RNN, LSTM and GRU (`layout=0`), one node a layer, both directions in it; users' cells and projections
 * become Scan. Parameters are initialisers under their names in the state dict; those in another layout have a suffix,
 * `lstm.weight_ih_l0/iofc`.
 *
 * @throws ArgumentError for a model that is no Module, and for options that do not fit it
 * @throws GraphError for what cannot be traced, or said in ONNX: all of it at once
 * @see https://onnx.ai/onnx/operators/onnx__LSTM.html
 * @example
 * const bytes = await exportOnnx(model, { inputs: { x: ["batch", "time", 1] }, outputs: ["y"], scale: { x: scaler, y: scaler } });
 */
export async function exportOnnx<const I extends ExportInputs>(
  model: Module,
  options: ExportOnnxOptions<I>,
): Promise<Uint8Array> {
  requireModule(model);
  requireKnownOptions(op, options, knownOptions);
  const { inputs, stateful = false, weights, onCompressed, name = "model" } = options;
  requireInputs(inputs);
  const call = forwardOf(model, options);
  const stream = stateful ? new StreamedState(op, model) : null;
  const traced = (fn: (given: TensorRecord) => TensorRecord, specs: ExportInputs): Promise<Graph> =>
    trace((given) => evaluating(model, () => fn(given)), specs, { state: model, name });

  let graph: Graph;
  if (stream) {
    const observed = await traced((given) => withStates(stream.observe(() => call(given))), inputs);
    stream.check();
    const states = stream.inputsOf(observed);
    refuseTaken(inputs, Object.keys(states));
    graph = await traced((given) => withStates(stream.continue(given, () => call(given))), { ...inputs, ...states });
  } else graph = await traced(call, inputs);

  const { graph: constant, titles } = asConstants(graph);
  const bytes = writeModel(op, constant, options, { titles, state: stream?.bindings ?? [] });
  if (weights === undefined) {
    if (onCompressed) throw new ArgumentError(op, "onCompressed without weights", 'give weights: "float16" or "int8"');
    return bytes;
  }
  const compressed = compressOnnx(bytes, { weights });
  onCompressed?.(compressed.report);
  return compressed.bytes;
}

function requireModule(model: unknown): void {
  if (typeof model === "object" && model !== null) {
    const { forward, modules, namedTensors } = model as Partial<Module>;
    if ([forward, modules, namedTensors].every((method) => typeof method === "function")) return;
  }
  const given = typeof model === "function" ? "a function" : model === null ? "null" : `of type ${typeof model}`;
  throw new ArgumentError(
    op,
    `the model is ${given}, no Module`,
    "give an object of a class that extends Module; graphToOnnx writes what trace made of a function",
  );
}

function requireInputs(inputs: unknown): void {
  if (typeof inputs === "object" && inputs !== null && !Array.isArray(inputs) && Object.keys(inputs).length > 0) return;
  throw new ArgumentError(op, "there are no inputs", 'name them: inputs: { x: ["batch", "time", 1] }');
}

function refuseTaken(inputs: ExportInputs, states: readonly string[]): void {
  const taken = states.find((name) => Object.hasOwn(inputs, name));
  if (taken !== undefined)
    throw new ArgumentError(op, `stateful: the input ${taken} is also a state's name`, "give the input another name");
}

function withStates({ result, last }: { result: TensorRecord; last: TensorRecord }): TensorRecord {
  const twice = Object.keys(last).find((name) => Object.hasOwn(result, name));
  if (twice === undefined) return { ...result, ...last };
  throw new ArgumentError(op, `stateful: the output ${twice} is also a state's name`, "give the output another name");
}

/** The model as a function of named inputs to named outputs, with its scalers. */
function forwardOf<I extends ExportInputs>(
  model: Module,
  { inputs, outputs, forward, scale = {} }: ExportOnnxOptions<I>,
): (given: TensorRecord) => TensorRecord {
  const names = Object.keys(inputs);
  const scalings = new Map(
    Object.entries(scale).map(([name, scaler]) => [name, new Scaling(op, name, scaler)] as const),
  );
  const plain = model.forward as (...given: Tensor[]) => unknown;
  return (given) => {
    const dtype = floatOf(model);
    const own = names.map((name): [string, Tensor] => {
      const scaling = scalings.get(name);
      return [name, scaling ? scaling.scaled(given[name]).cast(dtype) : given[name]];
    });
    const result = forward
      ? forward(Object.fromEntries(own) as unknown as TensorsOf<I>)
      : plain.call(model, ...own.map(([, tensor]) => tensor));
    const flat = flatOutputs(op, result, outputs);
    requireScaledNames([...scalings.keys()], names, flat);
    return Object.fromEntries(
      flat.map(([name, y]) => {
        const scaling = scalings.get(name);
        return [name, scaling ? scaling.raw(y).cast(y.dtype) : y];
      }),
    );
  };
}

function requireScaledNames(
  scaled: readonly string[],
  inputs: readonly string[],
  outputs: readonly (readonly [string, Tensor])[],
): void {
  const known = [...inputs, ...outputs.map(([name]) => name)];
  const unknown = scaled.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new ArgumentError(op, `scale names ${unknown.join(", ")}`, `there are ${known.join(", ")}`);
}

/** The dtype that the model computes in. */
function floatOf(model: Module): DType {
  for (const [, { dtype }] of model.namedTensors()) if (isFloat(dtype)) return dtype;
  return "float32";
}

/** Parameters, traced as state so that they have names, as constants. */
function asConstants(graph: Graph): { graph: Graph; titles: ReadonlyMap<GraphValue, string> } {
  const changed = graph.state.filter(({ input, output }) => input !== output).map(({ name }) => name);
  if (changed.length > 0) {
    throw new GraphError(
      op,
      `forward changes ${changed.join(", ")} in place`,
      "export a forward that only reads the model, or trace it with state and use graphToOnnx",
    );
  }
  const constants = new Map<GraphValue, TypedArray>(graph.constants);
  for (const { input, initial } of graph.state) constants.set(input, initial);
  const titles = new Map(graph.state.map(({ name, input }) => [input, name] as const));
  return { graph: { ...graph, state: [], constants }, titles };
}
