import {
  ArgumentError,
  type Backend,
  type DType,
  DTypeError,
  formatShape,
  type GraphValue,
  ShapeError,
} from "@unrolled/backend";
import { executeNodes, getDefaultBackend, isTracing, keep, Tensor, tensor } from "@unrolled/core";
import { Buffer, Module, Parameter } from "@unrolled/nn";
import { type BuiltGraph, buildGraph, fedInputs, type InputMeta } from "../import/build-graph.js";
import { type Declared, declared } from "../import/input-shapes.js";
import { graphDType, type Weight } from "../import/operand.js";
import type { Model } from "../import/parse-model.js";
import { type WeightPlan, weightsOf } from "../import/weights/plan.js";
import { registerWeight } from "./named-weights.js";
import { ShapeCache } from "./shape-cache.js";

/** Graphs for this many combinations of input shapes are kept. */
const keptGraphs = 8;

/** Read by `saveModel` of `@unrolled/weights`, which cannot keep such a model: its architecture is the file. */
const keptAs: symbol = Symbol.for("@unrolled/kept-as");
const remedy =
  "keep an imported model as an ONNX file: exportOnnx(model, { inputs }) writes it with its weights of now, saveStateDict(model) these alone";

/** An input or output of a file. */
export interface ModelTensor {
  readonly name: string;
  /** int64 of the file is int32 here. */
  readonly dtype: DType;
  /** A size, the name of one that may differ from call to call, or null for one without a name; null for an unknown rank. */
  readonly shape: readonly (number | string | null)[] | null;
}

interface CachedGraph extends BuiltGraph {
  readonly constants: Map<Backend, ReadonlyMap<GraphValue, Tensor>>;
}

/**
 * A model out of an ONNX file. It runs, trains and is saved like any module: the file's weights are its parameters, and their
 * sizes of batch and time may change from call to call (a graph is built for each combination of input shapes, the last eight
 * are kept). It runs on the backend of its inputs and parameters, and inside of `trace`, so that it can be exported again.
 *
 * @example
 * const model = importOnnx(bytes);
 * const y = model.forward(x); // the first output
 * const { h } = model.run({ x }); // all outputs by name
 */
export class GraphModule extends Module {
  readonly #model: Model;
  readonly #plan: WeightPlan;
  readonly #inputs: readonly (ModelTensor & { readonly declared: Declared })[];
  readonly #outputs: readonly ModelTensor[];
  readonly #parameters = new Map<Weight, Parameter>();
  readonly #graphs = new ShapeCache<CachedGraph>(keptGraphs);

  /** @param learns which weights are parameters; the others are buffers */
  constructor(model: Model, plan: WeightPlan, learns: (name: string) => boolean, backend?: Backend) {
    super();
    Object.defineProperty(this, keptAs, { value: remedy });
    this.#model = model;
    this.#plan = plan;
    this.#inputs = fedInputs(model.graph).map((info) => {
      const said = declared(info, "input");
      return { name: info.name, dtype: graphDType(said.type), shape: said.dims, declared: said };
    });
    this.#outputs = model.graph.output.map((info) => {
      const { type, dims } = declared(info, "output");
      return { name: info.name, dtype: graphDType(type), shape: dims };
    });
    for (const weight of weightsOf(plan)) {
      const { shape, type, data, name } = weight;
      const source = tensor(data, { shape, dtype: graphDType(type), ...(backend && { backend }) });
      const parameter = learns(name) ? new Parameter(source) : new Buffer(source);
      source.dispose();
      registerWeight(this, name, parameter);
      this.#parameters.set(weight, parameter);
    }
  }

  /** The inputs, in the order of `forward`. */
  get inputs(): readonly ModelTensor[] {
    return this.#inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  }

  get outputs(): readonly ModelTensor[] {
    return this.#outputs;
  }

  /**
   * The first output, for inputs in the file's order.
   *
   * @throws ArgumentError, ShapeError or DTypeError for inputs that the file does not take
   */
  override forward(...inputs: Tensor[]): Tensor {
    if (inputs.length !== this.#inputs.length)
      throw new ArgumentError("GraphModule", `got ${inputs.length} inputs`, `give ${this.#namesOfInputs()}`);
    const given = Object.fromEntries(this.#inputs.map(({ name }, i) => [name, inputs[i]]));
    return this.run(given)[this.#outputs[0].name];
  }

  /**
   * All outputs by name, for inputs by name.
   *
   * @throws ArgumentError, ShapeError or DTypeError for inputs that the file does not take
   * @throws FormatError where the file fits no inputs of these shapes
   */
  run(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    const unknown = Object.keys(inputs).filter((name) => !this.#inputs.some((input) => input.name === name));
    const missing = this.#inputs.filter(({ name }) => !(Object.hasOwn(inputs, name) && inputs[name] instanceof Tensor));
    if (unknown.length + missing.length > 0)
      throw new ArgumentError(
        "GraphModule",
        missing.length > 0 ? `input ${missing[0].name} is no tensor` : `there is no input ${unknown[0]}`,
        `give ${this.#namesOfInputs()}`,
      );
    const given = this.#inputs.map(({ name }) => inputs[name]);
    const metas = this.#check(given);
    const key = metas.map(({ shape }) => shape.join()).join(";");
    const built = this.#graphs.get(
      key,
      (): CachedGraph => ({
        ...buildGraph(this.#model, metas, this.#plan, misfit(this.#inputs, metas)),
        constants: new Map(),
      }),
    );
    const backend = (given[0] ?? [...this.#parameters.values()][0])?.backend ?? getDefaultBackend();
    const values = new Map<GraphValue, Tensor>(constantsOn(backend, built));
    built.graph.inputs.forEach(({ value }, i) => {
      values.set(value, given[i]);
    });
    for (const [value, weight] of built.weights) values.set(value, this.#parameters.get(weight) as Parameter);
    executeNodes(built.graph, backend, values, { record: true });
    return Object.fromEntries(built.graph.outputs.map(({ name, value }) => [name, values.get(value) as Tensor]));
  }

  override extraRepr(): string {
    const say = (list: readonly ModelTensor[]): string =>
      list
        .map(({ name, shape }) => `${name} ${shape ? `[${shape.map((size) => size ?? "?").join(", ")}]` : "[...]"}`)
        .join(", ");
    return `${say(this.#inputs)} -> ${say(this.#outputs)}`;
  }

  #namesOfInputs(): string {
    const names = this.#inputs.map(({ name, dtype, shape }) => `${name} (${dtype} [${shape?.join(", ") ?? "..."}])`);
    return names.length === 0 ? "none" : names.join(", ");
  }

  /** Shapes and types of the inputs, which must be those that the file declares, with one size for each name. */
  #check(given: readonly Tensor[]): InputMeta[] {
    const sizes = new Map<string, { size: number; of: string }>();
    return this.#inputs.map(({ name, dtype, declared: { dims, type } }, i): InputMeta => {
      const x = given[i];
      if (x.dtype !== dtype)
        throw new DTypeError("GraphModule", `input ${name} is ${x.dtype}`, `the file takes ${dtype}`);
      const misfit =
        dims === null ||
        dims.length !== x.shape.length ||
        dims.some((dim, axis) => typeof dim === "number" && dim !== x.shape[axis]);
      if (misfit)
        throw new ShapeError(
          "GraphModule",
          `input ${name} is ${formatShape(x.shape)}`,
          `the file takes [${dims?.map((dim) => dim ?? "any").join(", ") ?? "no known shape"}]`,
        );
      dims.forEach((dim, axis) => {
        if (typeof dim !== "string") return;
        const size = x.shape[axis];
        const known = sizes.get(dim);
        if (known && known.size !== size)
          throw new ShapeError(
            "GraphModule",
            `${dim} is ${known.size} in input ${known.of} and ${size} in ${name}`,
            "give inputs of one size for each name",
          );
        sizes.set(dim, { size, of: name });
      });
      return { type, shape: [...x.shape] };
    });
  }
}

/** What may be wrong where the file's nodes cannot take these inputs. */
function misfit(inputs: readonly ModelTensor[], metas: readonly InputMeta[]): string {
  const said = metas.map(({ shape }, i) => `${inputs[i].name} ${formatShape(shape)}`);
  const empty = said.filter((_, i) => metas[i].shape.includes(0));
  return empty.length > 0 ? `the input ${empty.join(", ")} is empty` : `the file cannot take ${said.join(", ")}`;
}

/** The constants of a graph on a backend; those on a tracer live as long as the trace. */
function constantsOn(backend: Backend, { graph, constants }: CachedGraph): ReadonlyMap<GraphValue, Tensor> {
  const known = constants.get(backend);
  if (known) return known;
  const made = new Map<GraphValue, Tensor>();
  for (const [value, data] of graph.constants) {
    const constant = tensor(data, { shape: value.shape, dtype: value.dtype, backend });
    made.set(value, isTracing(backend) ? constant : keep(constant));
  }
  if (!isTracing(backend)) constants.set(backend, made);
  return made;
}
