import { type GraphBinding, GraphError } from "@unrolled/backend";
import type { ModelBuilder } from "./builder.js";
import type { Operands } from "./operands.js";
import { renameIn } from "./rename.js";

/**
 * Gives the tensors that leave the builder's graph their names: a node's result is renamed; an input, an initialiser, a value of
 * a graph around, or a result that leaves under two names goes through an Identity.
 */
export function bindOutputs(builder: ModelBuilder, operands: Operands, outputs: readonly GraphBinding[]): void {
  const sources = outputs.map(({ name, value }) => {
    const operand = operands.get(value);
    if (operand) return operand.name;
    throw new GraphError("graphToOnnx", `nothing makes the output "${name}"`, "bind it to an input or a node's result");
  });
  const produced = new Set(builder.nodes.flatMap((node) => node.output));
  const renamed = new Map<string, string>();
  outputs.forEach(({ name }, i) => {
    const source = sources[i];
    if (produced.has(source) && !renamed.has(source)) renamed.set(source, name);
    else builder.identity(source, name);
  });
  renameIn(builder.nodes, renamed);
}
