import { formatShape, type Graph, type GraphNode, type GraphValue, sizeOf } from "@unrolled/backend";

const numbersShown = 4;

function typeOf({ dtype, shape }: GraphValue): string {
  return `${dtype}${formatShape(shape)}`;
}

function formatAttribute(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
}

/**
 * A graph as text, one line a value: what it is called, its type, and the op that makes it. For reading and for tests.
 *
 * @example
 * console.log(graphToText(graph));
 * // graph net
 * // input   x = float32[5, 1, 2]
 * // %12 float32[5, 1, 4], ... = lstmSequence(x, ...) reverse=false
 */
export function graphToText(graph: Graph): string {
  const names = new Map<GraphValue, string>();
  for (const { name, value } of graph.inputs) names.set(value, name);
  for (const { name, input } of graph.state) names.set(input, name);
  const nameOf = (value: GraphValue | null): string => (value === null ? "-" : (names.get(value) ?? `%${value.id}`));

  const constantLine = (value: GraphValue): string => {
    const data = graph.constants.get(value);
    const head = Array.from(data?.subarray(0, numbersShown) ?? [], (n) => Number(n.toPrecision(6)));
    const more = sizeOf(value.shape) > numbersShown ? ", ..." : "";
    return `const   ${nameOf(value)} ${typeOf(value)} = [${head.join(", ")}${more}]`;
  };
  const nodeLine = (node: GraphNode): string => {
    const results = node.outputs.map((value) => (value ? `${nameOf(value)} ${typeOf(value)}` : "-")).join(", ");
    const inputs = node.inputs.map(nameOf).join(", ");
    if (node.kind === "backward") {
      const forward = node.forward.outputs.find((value) => value !== null) ?? null;
      return `${results} = gradient of ${node.op} ${nameOf(forward)} (${inputs})`;
    }
    const attributes = Object.entries(node.attrs).map(([key, value]) => ` ${key}=${formatAttribute(value)}`);
    return `${results} = ${node.op}(${inputs})${attributes.join("")}`;
  };
  return [
    `graph ${graph.name}`,
    ...graph.inputs.map(({ name, value }) => `input   ${name} ${typeOf(value)}`),
    ...graph.state.map(({ name, input }) => `state   ${name} ${typeOf(input)}`),
    ...[...graph.constants.keys()].map(constantLine),
    ...graph.nodes.map(nodeLine),
    ...graph.outputs.map(({ name, value }) => `output  ${name} = ${nameOf(value)}`),
    ...graph.state.map(({ name, output }) => `next    ${name} = ${nameOf(output)}`),
  ].join("\n");
}
