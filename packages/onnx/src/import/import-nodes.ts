import { FormatError, GraphError, UnrolledError } from "@unrolled/backend";
import type { GraphProto, NodeProto, TensorProto } from "onnx-buf";
import type { Assembler } from "./assembler.js";
import { ImportCall } from "./import-call.js";
import { CannotImport, type Operand } from "./operand.js";
import { importers } from "./ops/all.js";
import { isDefaultDomain } from "./parse-model.js";
import { readTensor } from "./read-tensor.js";
import type { WeightPlan } from "./weights/plan.js";

const caller = "onnxToGraph";
/** Graphs within graphs. */
const deepest = 16;

/** Tensors by name, null where an unsupported node makes them; those of the graphs around too. */
export class Names {
  readonly #own = new Map<string, Operand | null>();
  readonly #around: Names | null;

  constructor(around: Names | null = null) {
    this.#around = around;
  }

  get(name: string): Operand | null | undefined {
    const own = this.#own.get(name);
    return own === undefined ? this.#around?.get(name) : own;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, operand: Operand | null): void {
    this.#own.set(name, operand);
  }
}

/** A graph of the file, and how deep within others it stands. */
export interface Place {
  readonly depth: number;
  /** Begins error messages: "" for the model's own graph. */
  readonly within: string;
}

export const outermost: Place = { depth: 0, within: "" };

/** Imports the nodes of a model; collects those that have no counterpart in a graph. */
export class NodeImporter {
  readonly b: Assembler;
  readonly #opset: number;
  readonly #plan: WeightPlan;
  readonly #misfit: string;
  readonly #problems: string[] = [];

  /** `misfit`: what may be wrong where shapes do not fit. */
  constructor(b: Assembler, opset: number, plan: WeightPlan, misfit: string) {
    this.b = b;
    this.#opset = opset;
    this.#plan = plan;
    this.#misfit = misfit;
  }

  /** @throws GraphError that lists every node without a counterpart */
  finish(): void {
    const problems = this.#problems;
    if (problems.length === 0) return;
    throw new GraphError(
      caller,
      `${problems.length} node${problems.length > 1 ? "s have" : " has"} no counterpart in a graph: ${problems.join("; ")}`,
      "export the model without them",
    );
  }

  /** Gives each initialiser its name. */
  initialisers(graph: GraphProto, names: Names, { within }: Place): void {
    graph.initializer.forEach((tensor, i) => {
      const where = within + (tensor.name === "" ? `initialiser ${i}` : `initialiser "${tensor.name}"`);
      define(names, tensor.name, this.#tensor(tensor, where), `${within}an initialiser`);
    });
  }

  /** Imports nodes in order; adds their outputs to `names`. */
  nodes(nodes: readonly NodeProto[], names: Names, place: Place): void {
    const madeBy = new Map<string, number>();
    nodes.forEach((node, index) => {
      for (const name of node.output) if (!madeBy.has(name)) madeBy.set(name, index);
    });
    nodes.forEach((node, index) => {
      const where = `${place.within}node ${index}${node.name === "" ? "" : ` "${node.name}"`} (${node.opType})`;
      checkNames(node, index, where, names, madeBy);
      const outputs = this.attempt(node, where, names, place);
      node.output.forEach((name, i) => {
        if (name !== "") names.set(name, outputs[i] ?? null);
      });
    });
  }

  /** The outputs of one node; none where it has no counterpart. */
  attempt(node: NodeProto, where: string, names: Names, place: Place): readonly (Operand | null)[] {
    try {
      return this.#node(node, where, names, place);
    } catch (error) {
      if (!(error instanceof CannotImport)) throw atNode(error, where, this.#misfit);
      this.#problems.push(`${where}: ${error.message}`);
      return [];
    }
  }

  #node(node: NodeProto, where: string, names: Names, place: Place): readonly (Operand | null)[] {
    if (!isDefaultDomain(node.domain)) throw new CannotImport(`unknown operator of domain ${node.domain}`);
    const importer = Object.hasOwn(importers, node.opType) ? importers[node.opType] : undefined;
    if (node.opType === "Loop" || node.opType === "If")
      throw new CannotImport("its course depends on numbers of the run; of control flow only Scan has a counterpart");
    if (!importer) throw new CannotImport("unknown operator");
    const [least, most] = importer.inputs;
    if (node.input.length < least || node.input.length > most)
      throw new FormatError(
        caller,
        `${where} has ${node.input.length} inputs`,
        `it takes ${least === most ? least : `${least} to ${most}`}`,
      );
    const inputs = node.input.map((name) => (name === "" ? null : (names.get(name) ?? undefined)));
    // What an unsupported node makes has no shape, so that its readers cannot be checked further.
    if (inputs.includes(undefined)) return [];
    const context = {
      b: this.b,
      opset: this.#opset,
      weights: this.#plan.nodes.get(node) ?? null,
      importTensor: (tensor: TensorProto, at: string) => this.#tensor(tensor, at),
      importBody: (graph: GraphProto, given: readonly Operand[], at: string) =>
        this.#body(graph, given, names, { depth: place.depth + 1, within: `${at}: ` }),
    };
    const call = new ImportCall(context, node, where, inputs as readonly (Operand | null)[]);
    const outputs = importer.build(call);
    if (outputs === null) return [];
    if (call.unread.length > 0) throw new CannotImport(`unknown attribute ${call.unread.join(", ")}`);
    node.output.forEach((name, i) => {
      if (name !== "" && outputs[i] === undefined) throw call.broken(`has no output ${i}`, "the operator makes fewer");
    });
    return outputs;
  }

  #body(graph: GraphProto, given: readonly Operand[], around: Names, place: Place): readonly Operand[] | null {
    const { within } = place;
    if (place.depth > deepest)
      throw new FormatError(caller, `${within}graphs stand ${place.depth} deep`, `use at most ${deepest}`);
    if (graph.input.length !== given.length)
      throw new FormatError(caller, `${within}the body has ${graph.input.length} inputs`, `it gets ${given.length}`);
    const before = this.#problems.length;
    const names = new Names(around);
    graph.input.forEach(({ name }, i) => {
      define(names, name, given[i], `${within}an input`);
    });
    this.initialisers(graph, names, place);
    this.nodes(graph.node, names, place);
    const outputs = graph.output.map(({ name }) => {
      const operand = names.get(name);
      if (operand === undefined)
        throw new FormatError(caller, `${within}nothing makes the output "${name}"`, "the file may be damaged");
      return operand;
    });
    if (this.#problems.length > before || outputs.includes(null)) return null;
    return outputs as Operand[];
  }

  #tensor(tensor: TensorProto, where: string): Operand {
    const repeated = this.#plan.repeats.get(tensor);
    if (repeated) {
      const { shape } = readTensor(tensor, where);
      return this.b.apply("broadcast", [this.b.weight(repeated)], { shape });
    }
    const weight = this.#plan.tensors.get(tensor);
    return weight ? this.b.weight(weight) : this.b.constant(readTensor(tensor, where));
  }
}

/** Gives an operand a name of its own. */
export function define(names: Names, name: string, operand: Operand, what: string): void {
  if (name === "") throw new FormatError(caller, `${what} has no name`, "name every tensor");
  if (names.has(name)) throw new FormatError(caller, `${what} "${name}" has a name that is taken`, "rename one");
  names.set(name, operand);
}

/** Shapes and types that do not fit are faults of the file, or of the sizes given. */
function atNode(error: unknown, where: string, misfit: string): unknown {
  if (error instanceof FormatError || !UnrolledError.is(error)) return error;
  return new FormatError(caller, `${where}: ${error.message}`, misfit, { cause: error });
}

function checkNames(
  node: NodeProto,
  index: number,
  where: string,
  names: Names,
  madeBy: ReadonlyMap<string, number>,
): void {
  for (const name of node.input) {
    if (name === "" || names.has(name)) continue;
    const maker = madeBy.get(name);
    throw maker === undefined
      ? new FormatError(caller, `${where} reads "${name}", which nothing makes`, "name an input, initialiser or output")
      : new FormatError(
          caller,
          `${where} reads "${name}", which node ${maker} makes`,
          maker === index ? "a node cannot read itself" : "the nodes run in a circle or out of order",
        );
  }
  const own = new Set<string>();
  for (const name of node.output) {
    if (name === "") continue;
    if (names.has(name) || own.has(name))
      throw new FormatError(caller, `${where} makes "${name}", a name that is taken`, "give each tensor its own name");
    own.add(name);
  }
}
