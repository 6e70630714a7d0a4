import {
  type BackwardNode,
  type Graph,
  GraphError,
  type GraphNode,
  type In,
  type Meta,
  type Op,
  type OpNode,
  type Out,
  sameShape,
  sizeOf,
  table,
} from "@unrolled/backend";
import type { ModelBuilder, Operand } from "./builder.js";
import { CannotLower } from "./lowering.js";
import { lowerings } from "./lowerings/all.js";
import type { Operands } from "./operands.js";

/** Lowers every node in order. Those that cannot be lowered are collected into one GraphError. */
export function lowerNodes(builder: ModelBuilder, graph: Graph, operands: Operands): void {
  const problems: string[] = [];
  const remedies = new Set<string>();
  graph.nodes.forEach((node, index) => {
    try {
      if (node.kind === "backward") throw cannotLowerBackward(node);
      if (node.kind === "scan") throw new CannotLower("a scan is not lowered yet", "trace with a loop");
      lowerNode(builder, node, index, operands);
    } catch (error) {
      if (!(error instanceof CannotLower)) throw error;
      problems.push(`node ${index} ${describe(node)}: ${error.message}`);
      remedies.add(error.remedy);
      for (const value of node.outputs) if (value) operands.define(value, `unsupported_${index}`);
    }
  });
  if (problems.length > 0) {
    throw new GraphError(
      "graphToOnnx",
      `graph "${graph.name}" has ${problems.length} node${problems.length > 1 ? "s" : ""} that cannot be lowered: ${problems.join("; ")}`,
      [...remedies].join("; "),
    );
  }
}

function describe(node: GraphNode): string {
  return node.kind === "backward" ? `${node.op} backward` : node.op;
}

function cannotLowerBackward(node: BackwardNode): CannotLower {
  return new CannotLower(
    `ONNX has no gradient of ${node.op}`,
    "rewrite fused ops and their gradients into primitives first: graphToOnnx(lowerFused(graph))",
  );
}

function lowerNode<K extends Op>(builder: ModelBuilder, node: OpNode<K>, index: number, operands: Operands): void {
  const inputs = node.inputs.map((value): Operand | null => {
    if (value === null) return null;
    const operand = operands.get(value);
    if (operand) return operand;
    throw new GraphError(
      "graphToOnnx",
      `node ${index} ${node.op} reads value ${value.id}, which nothing before it makes`,
      "order the nodes so that every input comes before its use",
    );
  });
  const out = table[node.op].infer(inputs as unknown as In<K, Meta>, node.attrs);
  checkOutputs(node, index, out);
  const needed = node.outputs.filter((value) => value !== null);
  if (needed.every((value) => sizeOf(value.shape) === 0)) {
    for (const value of needed) operands.defineEmpty(value);
    return;
  }
  const since = builder.nodes.length;
  builder.scope = `${node.op}_${index}`;
  const call = {
    attrs: node.attrs,
    in: inputs as unknown as In<K, Operand>,
    out,
    wanted: node.outputs.map((value) => value !== null),
  };
  const names = lowerings[node.op](builder, call);
  node.outputs.forEach((value, i) => {
    if (value === null) return;
    const name = names[i];
    if (name === null || name === undefined)
      throw new GraphError(
        "graphToOnnx",
        `node ${index} ${node.op} has no output ${i}`,
        "give the op the optional input that this output belongs to",
      );
    operands.define(value, builder.rename(name, i === 0 ? builder.scope : `${builder.scope}.${i}`, since));
  });
}

function checkOutputs<K extends Op>(node: OpNode<K>, index: number, inferred: Out<K, Meta>): void {
  const metas = inferred as unknown as readonly (Meta | null)[];
  const fits =
    node.outputs.length <= metas.length &&
    node.outputs.every((value, i) => {
      const meta = metas[i];
      return !value || (meta && meta.dtype === value.dtype && sameShape(meta.shape, value.shape));
    });
  if (fits) return;
  const say = (list: readonly (Meta | null)[]): string =>
    list.map((meta) => (meta ? `${meta.dtype} [${meta.shape.join(", ")}]` : "none")).join(", ");
  throw new GraphError(
    "graphToOnnx",
    `node ${index} ${node.op} declares outputs ${say(node.outputs)}, its inputs give ${say(metas)}`,
    "build the graph with the shapes that the op table infers",
  );
}
