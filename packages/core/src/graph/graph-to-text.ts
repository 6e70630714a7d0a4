import {
  formatShape,
  formatSize,
  type Graph,
  type GraphNode,
  type GraphValue,
  type Size,
  sizeOf,
} from "@unrolled/backend";

const numbersShown = 4;

function formatAttribute(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map(formatAttribute).join(", ")}]`
    : isSize(value)
      ? formatSize(value)
      : String(value);
}

const isSize = (value: unknown): value is Size => typeof value === "object" && value !== null && "terms" in value;

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

  const typeOf = (value: GraphValue): string => {
    const sizes = graph.dims?.shapes.get(value);
    return `${value.dtype}${sizes ? `[${sizes.map(formatSize).join(", ")}]` : formatShape(value.shape)}`;
  };
  const constantLine = (value: GraphValue): string => {
    const data = graph.constants.get(value);
    const head = Array.from(data?.subarray(0, numbersShown) ?? [], (n) => Number(n.toPrecision(6)));
    const more = sizeOf(value.shape) > numbersShown ? ", ..." : "";
    return `const   ${nameOf(value)} ${typeOf(value)} = [${head.join(", ")}${more}]`;
  };
  const resultsOf = (node: GraphNode): string =>
    node.outputs.map((value) => (value ? `${nameOf(value)} ${typeOf(value)}` : "-")).join(", ");
  const nodeLines = (node: GraphNode): string[] => {
    const inputs = node.inputs.map(nameOf).join(", ");
    if (node.kind === "backward") {
      const forward = node.forward.outputs.find((value) => value !== null) ?? null;
      return [`${resultsOf(node)} = gradient of ${node.op} ${nameOf(forward)} (${inputs})`];
    }
    if (node.kind === "scan") {
      const { states, slices, nodes, nextStates, results } = node.body;
      const given = [...states, ...slices].map((value) => `${nameOf(value)} ${typeOf(value)}`).join(", ");
      return [
        `${resultsOf(node)} = scan(${inputs})${node.reverse ? " reverse=true" : ""} of (${given})`,
        ...nodes.flatMap(nodeLines).map((line) => `  ${line}`),
        `  next ${nextStates.map(nameOf).join(", ") || "-"}; stacked ${results.map(nameOf).join(", ") || "-"}`,
      ];
    }
    const attributes = Object.entries({ ...node.attrs, ...graph.dims?.attrs.get(node) });
    const said = attributes.map(([key, value]) => ` ${key}=${formatAttribute(value)}`).join("");
    return [`${resultsOf(node)} = ${node.op}(${inputs})${said}`];
  };
  return [
    `graph ${graph.name}`,
    ...graph.inputs.map(({ name, value }) => `input   ${name} ${typeOf(value)}`),
    ...graph.state.map(({ name, input }) => `state   ${name} ${typeOf(input)}`),
    ...[...graph.constants.keys()].map(constantLine),
    ...graph.nodes.flatMap(nodeLines),
    ...graph.outputs.map(({ name, value }) => `output  ${name} = ${nameOf(value)}`),
    ...graph.state.map(({ name, output }) => `next    ${name} = ${nameOf(output)}`),
  ].join("\n");
}
