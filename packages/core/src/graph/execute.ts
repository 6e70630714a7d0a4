import {
  type Attrs,
  type Backend,
  type BackwardNode,
  type FusedOp,
  type Graph,
  type GraphDims,
  GraphError,
  type GraphNode,
  type GraphValue,
  type In,
  type Op,
  type OpNode,
  type PrimitiveOp,
  type ScanNode,
  type UpdateOp,
} from "@unrolled/backend";
import { apply, create, noGrad } from "../engine.js";
import { applyFused, type FusedRun, runFused } from "../fused/apply-fused.js";
import { decompositions } from "../fused/decompositions.js";
import { filledLike } from "../ops/zeros.js";
import { loopOver, type ScanFunction } from "../scan/loop-over.js";
import { scanSteps } from "../scan/scan-steps.js";
import type { Tensor } from "../tensor.js";
import { applyUpdate } from "../updates/apply-update.js";
import { boundAttrs } from "./bound-attrs.js";
import { forEachNode } from "./walk.js";

const isFused = (op: string): op is FusedOp => op in decompositions;
const isUpdate = (op: string): op is UpdateOp => op === "sgdStep" || op === "adamStep";

type Values = Map<GraphValue, Tensor>;

/** Options of `executeNodes`. */
export interface ExecuteOptions {
  /**
   * Record on the tape, so that gradients flow through, and trace scans as scans; else the nodes run under `noGrad`, and scans as
   * loops. Default false.
   */
  readonly record?: boolean;
  /** Sizes of this run, for a graph with named ones. */
  readonly sizes?: Readonly<Record<string, number>>;
}

/**
 * Runs a graph's nodes on a backend's tensors; `values` holds inputs, state and constants, and gets every result.
 *
 * @example
 * executeNodes(graph, backend, values); // values then holds the results of the nodes, too
 */
export function executeNodes(
  graph: Pick<Graph, "nodes" | "dims">,
  backend: Backend,
  values: Values,
  options: ExecuteOptions = {},
): void {
  const execution = new Execution(graph, backend, values, options);
  try {
    if (options.record) execution.run(graph.nodes);
    else noGrad(() => execution.run(graph.nodes));
  } finally {
    execution.release();
  }
}

class Execution {
  readonly #backend: Backend;
  readonly #values: Values;
  readonly #record: boolean;
  readonly #dims: GraphDims | undefined;
  readonly #sizes: Readonly<Record<string, number>> | undefined;
  readonly #withGradient = new Set<GraphNode>();
  readonly #runs = new Map<OpNode<FusedOp>, FusedRun>();

  constructor(graph: Pick<Graph, "nodes" | "dims">, backend: Backend, values: Values, options: ExecuteOptions) {
    this.#backend = backend;
    this.#values = values;
    this.#record = options.record ?? false;
    this.#dims = graph.dims;
    this.#sizes = options.sizes;
    forEachNode(graph.nodes, (node) => {
      if (node.kind === "backward") this.#withGradient.add(node.forward);
    });
  }

  run(nodes: readonly GraphNode[]): void {
    for (const node of nodes) this.#runNode(node);
  }

  release(): void {
    for (const run of this.#runs.values()) run.release();
  }

  #read(value: GraphValue | null): Tensor | null {
    if (value === null) return null;
    const tensor = this.#values.get(value);
    if (tensor === undefined)
      throw new GraphError(
        "execute",
        `value ${value.id} is used before it is made`,
        "order the nodes so that inputs come first",
      );
    return tensor;
  }

  #write(outputs: readonly (GraphValue | null)[], results: readonly (Tensor | null)[]): void {
    outputs.forEach((value, i) => {
      const tensor = results[i];
      if (value !== null && tensor !== null && tensor !== undefined) this.#values.set(value, tensor);
    });
  }

  #attrs(node: OpNode): Attrs<Op> {
    const sized = this.#dims?.attrs.get(node);
    return sized && this.#sizes ? boundAttrs(node.attrs, sized, this.#sizes) : node.attrs;
  }

  #runNode(node: GraphNode): void {
    const inputs = node.inputs.map((value) => this.#read(value));
    if (node.kind === "scan") {
      this.#write(node.outputs, this.#runScan(node, inputs as Tensor[]));
    } else if (node.kind === "backward") {
      this.#write(node.outputs, this.#runBackward(node, inputs));
    } else if (isFused(node.op)) {
      this.#write(node.outputs, this.#runFused(node as OpNode<FusedOp>, inputs));
    } else if (isUpdate(node.op)) {
      this.#write(
        node.outputs,
        applyUpdate(node.op, inputs as unknown as In<UpdateOp, Tensor>, this.#attrs(node) as Attrs<UpdateOp>),
      );
    } else if (node.op === "fill" || node.op === "iota") {
      this.#write(node.outputs, [create(node.op, this.#backend, this.#attrs(node) as Attrs<"fill" & "iota">)]);
    } else {
      this.#write(node.outputs, [apply(node.op, inputs as Tensor[], this.#attrs(node) as Attrs<PrimitiveOp>)]);
    }
  }

  #runFused(node: OpNode<FusedOp>, inputs: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
    const attrs = this.#attrs(node) as Attrs<FusedOp>;
    if (this.#record) return applyFused(node.op, inputs as unknown as In<FusedOp, Tensor>, attrs);
    this.#runs.get(node)?.release();
    const run = runFused(node.op, inputs, attrs, this.#withGradient.has(node));
    this.#runs.set(node, run);
    return run.out;
  }

  #runBackward(node: BackwardNode, inputs: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
    const run = this.#runs.get(node.forward);
    if (run === undefined)
      throw new GraphError(
        "execute",
        this.#record
          ? `the gradient of ${node.op} is part of the graph, and a gradient of it was asked for`
          : `the gradient of ${node.op} comes before its forward pass`,
        this.#record ? "run it without recording" : "order the nodes so that inputs come first",
      );
    const gradients = run.backward(
      inputs,
      node.outputs.map((value) => value !== null),
    );
    // A decomposition gives no gradient where it had no cotangent; the graph's values are there all the same.
    return node.outputs.map((value, i) => {
      if (value === null || gradients[i]) return gradients[i] ?? null;
      return filledLike(this.#read(node.forward.inputs[i]) as Tensor, 0);
    });
  }

  #runScan({ body, reverse }: ScanNode, inputs: readonly Tensor[]): readonly Tensor[] {
    const states = inputs.slice(0, body.states.length);
    const step: ScanFunction = (slices, now) => {
      body.states.forEach((value, i) => {
        this.#values.set(value, now[i]);
      });
      body.slices.forEach((value, i) => {
        this.#values.set(value, slices[i]);
      });
      this.run(body.nodes);
      const read = (list: readonly GraphValue[]): Tensor[] => list.map((value) => this.#read(value) as Tensor);
      return { states: read(body.nextStates), results: read(body.results) };
    };
    const sequences = inputs.slice(body.states.length);
    const last = this.#record
      ? scanSteps(sequences, states, step, { reverse })
      : loopOver(sequences, states, step, reverse);
    return [...last.states, ...last.results];
  }
}
