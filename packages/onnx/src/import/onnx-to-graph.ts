import {
  FormatError,
  type Graph,
  type GraphBinding,
  GraphError,
  type GraphValue,
  requireKnownOptions,
} from "@unrolled/backend";
import type { GraphProto, ValueInfoProto } from "onnx-buf";
import { Assembler } from "./assembler.js";
import { importNodes, type Names } from "./import-nodes.js";
import { declared, inputShapes } from "./input-shapes.js";
import { CannotImport, graphDType, type Operand } from "./operand.js";
import { parseModel } from "./parse-model.js";
import { readTensor } from "./read-tensor.js";

const caller = "onnxToGraph";
/** Elements of shape arithmetic; a longer file may move its own weights about besides. */
const leastBudget = 2 ** 20;

export interface OnnxToGraphOptions {
  /**
   * Sizes of the dimensions that the file names but leaves open, such as `{ batch: 1, time: 10 }`; a dimension without a
   * name is called by its input and place, `"x[0]"`. Default: none.
   */
  readonly dims?: Readonly<Record<string, number>>;
  /** Longer files are refused. Default: 2^28 (256 MiB). */
  readonly maxBytes?: number;
}

/**
 * Reads an ONNX model (a serialised ModelProto, `ir_version` 3 to 10, opset 13 to 21) into a graph.
 *
 * Inputs and outputs keep their names, initialisers become constants. RNN, LSTM and GRU become `rnnSequence`,
 * `lstmSequence` and `gruSequence`, one for each direction, with the gates in the op table's order. Shapes are static: the
 * shape arithmetic of exporters is computed here. int64 becomes int32; constants that do not fit, and int64 arithmetic on
 * numbers not known before the run, are refused. Dropout is the identity.
 *
 * @throws FormatError that names the node or tensor, where the file is cut off, damaged or contradicts itself.
 * @throws GraphError that lists every node which a graph cannot say, with its reason.
 * @throws ArgumentError that lists the dimensions for which `dims` must give sizes.
 * @see https://onnx.ai/onnx/operators/
 *
 * @example
 * ```ts
 * import { onnxToGraph } from "@unrolled/onnx";
 * const graph = onnxToGraph(bytes, { dims: { batch: 1, time: 10 } });
 * ```
 */
export function onnxToGraph(bytes: Uint8Array, options: OnnxToGraphOptions = {}): Graph {
  requireKnownOptions(caller, options, ["dims", "maxBytes"]);
  const { graph, opset } = parseModel(bytes, options.maxBytes ?? 2 ** 28);
  const b = new Assembler(leastBudget + 4 * bytes.length);
  const names: Names = new Map();
  const define = (name: string, operand: Operand, what: string): void => {
    if (name === "") throw new FormatError(caller, `${what} has no name`, "name every tensor");
    if (names.has(name)) throw new FormatError(caller, `${what} "${name}" has a name that is taken`, "rename one");
    names.set(name, operand);
  };
  graph.initializer.forEach((tensor, i) => {
    const where = tensor.name === "" ? `initialiser ${i}` : `initialiser "${tensor.name}"`;
    define(tensor.name, b.constant(readTensor(tensor, where)), "an initialiser");
  });
  // Old files list initialisers among the inputs, as their default values.
  const fed = graph.input.filter(({ name }) => !names.has(name));
  const inputs = inputShapes(fed, options.dims ?? {}).map(({ type, shape }, i): GraphBinding => {
    const operand = b.input(shape, type);
    define(fed[i].name, operand, "an input");
    return { name: fed[i].name, value: operand.value };
  });
  importNodes(b, graph.node, opset, names);
  return b.build(graph.name, inputs, bindOutputs(graph, names));
}

function bindOutputs(graph: GraphProto, names: Names): GraphBinding[] {
  if (graph.output.length === 0) throw new FormatError(caller, "the graph has no outputs", "name at least one");
  const seen = new Set<string>();
  return graph.output.map((info) => {
    const { name } = info;
    const operand = names.get(name);
    if (!operand) throw new FormatError(caller, `nothing makes the output "${name}"`, "the file may be damaged");
    if (seen.has(name)) throw new FormatError(caller, `the output "${name}" stands twice`, "name it once");
    seen.add(name);
    checkDeclared(info, operand);
    return { name, value: graphValue(name, operand) };
  });
}

function graphValue(name: string, operand: Operand): GraphValue {
  try {
    return operand.value;
  } catch (error) {
    if (!(error instanceof CannotImport)) throw error;
    throw new GraphError(caller, `the output "${name}": ${error.message}`, "cast it to another type in the model");
  }
}

function checkDeclared(info: ValueInfoProto, { type, shape }: Operand): void {
  const { type: said, dims } = declared(info, "output");
  const fits =
    graphDType(said) === graphDType(type) &&
    (dims === null ||
      (dims.length === shape.length && dims.every((dim, i) => typeof dim !== "number" || dim === shape[i])));
  if (fits) return;
  throw new FormatError(
    caller,
    `the output "${info.name}" is said to be ${said} [${dims?.map((dim) => dim ?? "?").join(", ") ?? ""}], its node gives ${type} [${shape.join(", ")}]`,
    "the file contradicts itself, or the sizes in dims do",
  );
}
