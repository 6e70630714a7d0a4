import { FormatError } from "@unrolled/backend";
import { type GraphProto, type NodeProto, type TensorProto, TensorProto_DataType } from "onnx-buf";
import { isDefaultDomain } from "../import/parse-model.js";

const caller = "compressOnnx";
const deepest = 32;

/** A graph or sub-graph, with the names that it defines itself. */
export interface Scope {
  readonly graph: GraphProto;
  readonly outer: Scope | null;
  readonly defined: ReadonlySet<string>;
  readonly initializers: ReadonlyMap<string, TensorProto>;
}

/** One place that reads an initialiser: an input of a node, or (`node` null) an output of a graph. */
export interface Use {
  readonly scope: Scope;
  readonly node: NodeProto | null;
  readonly index: number;
}

export interface ReadModel {
  /** The main graph first. */
  readonly scopes: readonly Scope[];
  readonly uses: ReadonlyMap<TensorProto, readonly Use[]>;
  /** A name that nothing in the file has yet: `wanted`, or with a number behind it. */
  claim(wanted: string): string;
}

/** Finds all graphs, sub-graphs included, and who reads which initialiser. Sub-graphs see the names around them. */
export function readScopes(main: GraphProto): ReadModel {
  const scopes: Scope[] = [];
  const taken = new Set<string>();
  const open = (graph: GraphProto, outer: Scope | null, depth: number): void => {
    if (depth > deepest)
      throw new FormatError(caller, `sub-graphs are nested deeper than ${deepest}`, "the file may be damaged");
    const scope = readScope(graph, outer);
    scopes.push(scope);
    for (const name of scope.defined) taken.add(name);
    for (const node of graph.node) {
      taken.add(node.name);
      for (const inner of subGraphs(node)) open(inner, scope, depth + 1);
    }
  };
  open(main, null, 0);
  const suffixes = new Map<string, number>();
  return {
    scopes,
    uses: findUses(scopes),
    claim(wanted) {
      let name = wanted;
      let suffix = suffixes.get(wanted) ?? 1;
      while (taken.has(name)) name = `${wanted}_${suffix++}`;
      suffixes.set(wanted, suffix);
      taken.add(name);
      return name;
    },
  };
}

function readScope(graph: GraphProto, outer: Scope | null): Scope {
  const initializers = new Map<string, TensorProto>();
  for (const tensor of graph.initializer) {
    if (tensor.name === "") throw new FormatError(caller, "an initialiser has no name", "name every tensor");
    if (initializers.has(tensor.name))
      throw new FormatError(caller, `an initialiser "${tensor.name}" has a name that is taken`, "rename one");
    initializers.set(tensor.name, tensor);
  }
  const made = graph.node.flatMap(({ output }) => output).filter((name) => name !== "");
  const twice = made.find((name) => initializers.has(name));
  if (twice !== undefined)
    throw new FormatError(
      caller,
      `a node makes "${twice}", the name of an initialiser`,
      "give each tensor its own name",
    );
  const defined = new Set([...graph.input.map(({ name }) => name), ...initializers.keys(), ...made]);
  return { graph, outer, defined, initializers };
}

function findUses(scopes: readonly Scope[]): Map<TensorProto, Use[]> {
  const uses = new Map<TensorProto, Use[]>();
  const read = (name: string, use: Use): void => {
    let home: Scope | null = use.scope;
    while (home && !home.defined.has(name)) home = home.outer;
    const tensor = home?.initializers.get(name);
    if (!tensor) return;
    const known = uses.get(tensor);
    if (known) known.push(use);
    else uses.set(tensor, [use]);
  };
  for (const scope of scopes) {
    for (const node of scope.graph.node) {
      for (const [index, name] of node.input.entries()) read(name, { scope, node, index });
    }
    for (const [index, { name }] of scope.graph.output.entries()) read(name, { scope, node: null, index });
  }
  return uses;
}

export function subGraphs(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));
}

/** Turns Constant nodes that hold a float32 tensor of `least` elements or more into initialisers of the same name. */
export function constantsToInitializers(graph: GraphProto, least: number, depth = 0): void {
  graph.node = graph.node.filter((node) => {
    if (depth < deepest) for (const inner of subGraphs(node)) constantsToInitializers(inner, least, depth + 1);
    if (node.opType !== "Constant" || !isDefaultDomain(node.domain) || node.output.length !== 1) return true;
    const value = node.attribute.length === 1 ? node.attribute[0].t : undefined;
    if (value?.dataType !== TensorProto_DataType.FLOAT) return true;
    if (value.dims.reduce((size, dim) => size * Number(dim), 1) < least) return true;
    value.name = node.output[0];
    graph.initializer.push(value);
    return false;
  });
}
