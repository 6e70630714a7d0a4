import { FormatError, type Graph, type GraphBinding, GraphError, type GraphValue, type Shape } from "@unrolled/backend";
import type { GraphProto, ValueInfoProto } from "onnx-buf";
import { Assembler } from "./assembler.js";
import { define, Names, NodeImporter, outermost } from "./import-nodes.js";
import { declared } from "./input-shapes.js";
import { CannotImport, type ElementType, graphDType, type Operand, type Weight } from "./operand.js";
import type { Model } from "./parse-model.js";
import type { WeightPlan } from "./weights/plan.js";

const caller = "onnxToGraph";
/** Elements of shape arithmetic; a longer file may move its own weights about besides. */
const leastBudget = 2 ** 20;

export interface InputMeta {
  readonly type: ElementType;
  readonly shape: Shape;
}

/** A graph whose values may stand for weights that a module holds. */
export interface BuiltGraph {
  readonly graph: Graph;
  readonly weights: ReadonlyMap<GraphValue, Weight>;
}

export function budgetOf({ bytes }: Model): number {
  return leastBudget + 4 * bytes;
}

/** The inputs that a caller gives. Old files list initialisers among the inputs, as their default values. */
export function fedInputs({ input, initializer }: GraphProto): ValueInfoProto[] {
  const given = new Set(initializer.map(({ name }) => name));
  return input.filter(({ name }) => !given.has(name));
}

/** What may be wrong where shapes do not fit, for who gives a file and sizes. */
export const fileMisfit = "the file contradicts itself, or the sizes in dims do";

/** The model's graph for inputs of these shapes, in the order of `fedInputs`. */
export function buildGraph(
  model: Model,
  metas: readonly InputMeta[],
  plan: WeightPlan,
  misfit: string = fileMisfit,
): BuiltGraph {
  const { graph, opset } = model;
  const b = new Assembler(budgetOf(model));
  const importer = new NodeImporter(b, opset, plan, misfit);
  const names = new Names();
  importer.initialisers(graph, names, outermost);
  const inputs = fedInputs(graph).map(({ name }, i): GraphBinding => {
    const operand = b.input(metas[i].shape, metas[i].type);
    define(names, name, operand, "an input");
    return { name, value: operand.value };
  });
  importer.nodes(graph.node, names, outermost);
  importer.finish();
  const outputs = bindOutputs(graph, names, misfit);
  return { graph: b.build(graph.name, inputs, outputs), weights: b.weights };
}

function bindOutputs(graph: GraphProto, names: Names, misfit: string): GraphBinding[] {
  if (graph.output.length === 0) throw new FormatError(caller, "the graph has no outputs", "name at least one");
  const seen = new Set<string>();
  return graph.output.map((info) => {
    const { name } = info;
    const operand = names.get(name);
    if (!operand) throw new FormatError(caller, `nothing makes the output "${name}"`, "the file may be damaged");
    if (seen.has(name)) throw new FormatError(caller, `the output "${name}" stands twice`, "name it once");
    seen.add(name);
    checkDeclared(info, operand, misfit);
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

function checkDeclared(info: ValueInfoProto, { type, shape }: Operand, misfit: string): void {
  const { type: said, dims } = declared(info, "output");
  const fits =
    graphDType(said) === graphDType(type) &&
    (dims === null ||
      (dims.length === shape.length && dims.every((dim, i) => typeof dim !== "number" || dim === shape[i])));
  if (fits) return;
  throw new FormatError(
    caller,
    `the output "${info.name}" is said to be ${said} [${dims?.map((dim) => dim ?? "?").join(", ") ?? ""}], its node gives ${type} [${shape.join(", ")}]`,
    misfit,
  );
}
