import { ArgumentError, type HostTensor, requireKnownOptions } from "@unrolled/backend";
import { type InputSpec, type NamedTensors, simplifyGraph, Tensor, type TensorRecord, traceStep } from "@unrolled/core";
import { type GraphToOnnxOptions, graphToOnnxOptions, writeModel } from "../graph-to-onnx.js";
import { stateBindings } from "../state.js";
import { initialState, manifestTensor, type TrainingManifest } from "./manifest.js";
import { countRuns } from "./run-count.js";

/** Options of `exportTraining`. */
export interface ExportTrainingOptions extends GraphToOnnxOptions {
  /** Names and shapes of the step's parameters, in their order; sizes with names may differ from run to run. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Whatever the step changes: the model and the optimiser. */
  readonly state: NamedTensors | readonly NamedTensors[];
  /** What the step only reads. */
  readonly constants?: NamedTensors | readonly NamedTensors[];
  /** The graph's name. Default "training". */
  readonly name?: string;
}

/** A training step as files. */
export interface ExportedTraining {
  /** The step: a serialised ModelProto of ONNX's own operators. */
  readonly bytes: Uint8Array;
  readonly manifest: TrainingManifest;
  /** The state before the first step, by input: weights, moments, and the count of steps. Write it as .npz or safetensors. */
  readonly initial: Readonly<Record<string, HostTensor>>;
}

const op = "exportTraining";
const known: readonly string[] = ["inputs", "state", "constants", "name", ...graphToOnnxOptions];

/**
 * Writes a whole training step (forward, backward, clipping, update) as an ONNX file that trains in any language under ONNX Runtime
 * alone. The file keeps nothing: each step takes the state as inputs `NAME` and gives it as outputs `NAME.next`. Corrections that
 * depend on the number of the step are computed in the file, from a count in the state; learning rates are inputs.
 *
 * @param step as for `compile`; a tensor that it returns is called `loss`
 * @throws ArgumentError for a step that is no function, or options that do not exist
 * @throws GraphError if the step touches a tensor that is not listed, or needs numbers that only this program can make
 * @example
 * const { bytes, manifest, initial } = await exportTraining(
 *   (x: Tensor, y: Tensor) => optimizer.step(() => mseLoss(model.forward(x), y)),
 *   { inputs: { x: ["batch", "time", 1], y: ["batch", 1] }, state: [model, optimizer] },
 * );
 */
export async function exportTraining<A extends readonly Tensor[]>(
  step: (...inputs: A) => Tensor | TensorRecord,
  options: ExportTrainingOptions,
): Promise<ExportedTraining> {
  if (typeof step !== "function")
    throw new ArgumentError(
      op,
      `the step is ${step === null ? "null" : `of type ${typeof step}`}, no function`,
      "give a function of tensors that trains and returns the loss: (x, y) => optimizer.step(() => lossOf(x, y))",
    );
  requireKnownOptions(op, options, known);
  const { inputs, state, constants, name = "training" } = options;
  const names = Object.keys(inputs);
  const traced = await traceStep(
    (given: TensorRecord): TensorRecord => {
      const result = step(...(names.map((key) => given[key]) as unknown as A));
      return result instanceof Tensor ? { loss: result } : (result as TensorRecord);
    },
    inputs,
    { name, state, ...(constants && { constants }) },
  );
  const taken = new Set([...names, ...traced.stateTensors.map(([key]) => key)]);
  const counting = await countRuns(simplifyGraph(traced.graph), traced.hostInputs, unused("step", taken));
  const { graph, rates, masks } = counting;
  const bindings = stateBindings(graph);
  const manifest: TrainingManifest = {
    format: "unrolled-training",
    version: 1,
    inputs: graph.inputs
      .filter((input) => names.includes(input.name))
      .map((input) => manifestTensor(graph, input.name, input.value)),
    rates: rates.map(({ name: key, value, now }) => ({ ...manifestTensor(graph, key, value), value: now })),
    masks: masks.map(({ name: key, value, bernoulli = 1 }) => ({
      ...manifestTensor(graph, key, value),
      probability: bernoulli,
    })),
    outputs: graph.outputs.map((output) => manifestTensor(graph, output.name, output.value)),
    state: graph.state.map(({ name: key, input }, i) => {
      const { dtype, shape } = manifestTensor(graph, key, input);
      return { input: bindings[i].input, output: bindings[i].output, dtype, shape };
    }),
  };
  return { bytes: writeModel(op, graph, options, {}), manifest, initial: initialState(graph) };
}

function unused(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`;
  return name;
}
