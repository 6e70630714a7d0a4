import { type GraphBinding, GraphError } from "@unrolled/backend";
import type { ModelBuilder } from "./builder.js";
import type { Operands } from "./operands.js";

/**
 * Gives the tensors that leave the graph their names: a node's result is renamed; an input, an initialiser, or a result that
 * leaves under two names goes through an Identity.
 */
export function bindOutputs(builder: ModelBuilder, operands: Operands, outputs: readonly GraphBinding[]): void {
  const produced = new Set(builder.nodes.flatMap((node) => node.output));
  const renamed = new Map<string, string>();
  for (const { name, value } of outputs) {
    const operand = operands.get(value);
    if (!operand) {
      throw new GraphError(
        "graphToOnnx",
        `nothing makes the output "${name}"`,
        "bind it to an input or a node's result",
      );
    }
    const source = operand.name;
    if (produced.has(source) && !renamed.has(source)) renamed.set(source, name);
    else builder.identity(source, name);
  }
  for (const node of builder.nodes) {
    node.input = node.input.map((name) => renamed.get(name) ?? name);
    node.output = node.output.map((name) => renamed.get(name) ?? name);
  }
}
