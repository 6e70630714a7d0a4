import { FormatError, GraphError, UnrolledError } from "@unrolled/backend";
import type { NodeProto } from "onnx-buf";
import type { Assembler } from "./assembler.js";
import { ImportCall } from "./import-call.js";
import { CannotImport, type Operand } from "./operand.js";
import { importers } from "./ops/all.js";
import { isDefaultDomain } from "./parse-model.js";

const caller = "onnxToGraph";

/** A tensor by name; null where an unsupported node makes it. */
export type Names = Map<string, Operand | null>;

/** Imports the nodes in order; adds their outputs to `names`. Nodes that cannot be said are collected into one GraphError. */
export function importNodes(b: Assembler, nodes: readonly NodeProto[], opset: number, names: Names): void {
  const problems: string[] = [];
  const madeBy = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const name of node.output) if (!madeBy.has(name)) madeBy.set(name, index);
  });
  nodes.forEach((node, index) => {
    const where = `node ${index}${node.name === "" ? "" : ` "${node.name}"`} (${node.opType})`;
    checkNames(node, index, where, names, madeBy);
    let outputs: readonly (Operand | null)[] = [];
    try {
      outputs = importNode(b, node, where, opset, names);
    } catch (error) {
      if (!(error instanceof CannotImport)) throw atNode(error, where);
      problems.push(`${where}: ${error.message}`);
    }
    node.output.forEach((name, i) => {
      if (name !== "") names.set(name, outputs[i] ?? null);
    });
  });
  if (problems.length > 0)
    throw new GraphError(
      caller,
      `${problems.length} node${problems.length > 1 ? "s have" : " has"} no counterpart in a graph: ${problems.join("; ")}`,
      "export the model without them",
    );
}

/** Shapes and types that do not fit are faults of the file. */
function atNode(error: unknown, where: string): unknown {
  if (error instanceof FormatError || !UnrolledError.is(error)) return error;
  return new FormatError(caller, `${where}: ${error.message}`, "the file contradicts itself, or the sizes in dims do", {
    cause: error,
  });
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

function importNode(
  b: Assembler,
  node: NodeProto,
  where: string,
  opset: number,
  names: Names,
): readonly (Operand | null)[] {
  if (!isDefaultDomain(node.domain)) throw new CannotImport(`unknown operator of domain ${node.domain}`);
  const importer = Object.hasOwn(importers, node.opType) ? importers[node.opType] : undefined;
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
  const call = new ImportCall(b, opset, node, where, inputs as readonly (Operand | null)[]);
  const outputs = importer.build(call);
  if (call.unread.length > 0) throw new CannotImport(`unknown attribute ${call.unread.join(", ")}`);
  node.output.forEach((name, i) => {
    if (name !== "" && outputs[i] === undefined) throw call.broken(`has no output ${i}`, "the operator makes fewer");
  });
  return outputs;
}
