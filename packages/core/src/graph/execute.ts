import {
  type Attrs,
  type Backend,
  type FusedOp,
  type Graph,
  GraphError,
  type GraphNode,
  type GraphValue,
  type In,
  type OpNode,
  type PrimitiveOp,
  type UpdateOp,
} from "@unrolled/backend";
import { apply, create, noGrad } from "../engine.js";
import { type FusedRun, runFused } from "../fused/apply-fused.js";
import { decompositions } from "../fused/decompositions.js";
import type { Tensor } from "../tensor.js";
import { applyUpdate } from "../updates/apply-update.js";

const isFused = (op: string): op is FusedOp => op in decompositions;
const isUpdate = (op: string): op is UpdateOp => op === "sgdStep" || op === "adamStep";

/** Runs a graph's nodes on a backend's tensors; `values` holds inputs, state and constants, and gets every result. */
export function executeNodes(graph: Graph, backend: Backend, values: Map<GraphValue, Tensor>): void {
  const withGradient = new Set<GraphNode>();
  for (const node of graph.nodes) if (node.kind === "backward") withGradient.add(node.forward);
  const runs = new Map<OpNode<FusedOp>, FusedRun>();

  const read = (value: GraphValue | null): Tensor | null => {
    if (value === null) return null;
    const tensor = values.get(value);
    if (tensor === undefined)
      throw new GraphError(
        "execute",
        `value ${value.id} is used before it is made`,
        "order the nodes so that inputs come first",
      );
    return tensor;
  };
  const write = (outputs: readonly (GraphValue | null)[], results: readonly (Tensor | null)[]): void => {
    outputs.forEach((value, i) => {
      const tensor = results[i];
      if (value !== null && tensor !== null && tensor !== undefined) values.set(value, tensor);
    });
  };

  const executeAll = (): void => {
    for (const node of graph.nodes) {
      const inputs = node.inputs.map(read);
      if (node.kind === "backward") {
        const run = runs.get(node.forward);
        if (run === undefined)
          throw new GraphError(
            "execute",
            `the gradient of ${node.op} comes before its forward pass`,
            "order the nodes so that inputs come first",
          );
        write(
          node.outputs,
          run.backward(
            inputs,
            node.outputs.map((value) => value !== null),
          ),
        );
      } else if (isFused(node.op)) {
        const run = runFused(node.op, inputs, node.attrs as Attrs<FusedOp>, withGradient.has(node));
        runs.set(node as OpNode<FusedOp>, run);
        write(node.outputs, run.out);
      } else if (isUpdate(node.op)) {
        write(
          node.outputs,
          applyUpdate(node.op, inputs as unknown as In<UpdateOp, Tensor>, node.attrs as Attrs<UpdateOp>),
        );
      } else if (node.op === "fill" || node.op === "iota") {
        write(node.outputs, [create(node.op, backend, node.attrs as Attrs<"fill" & "iota">)]);
      } else {
        write(node.outputs, [apply(node.op, inputs as Tensor[], node.attrs as Attrs<PrimitiveOp>)]);
      }
    }
  };
  try {
    noGrad(executeAll);
  } finally {
    for (const run of runs.values()) run.release();
  }
}
