import {
  type Graph,
  GraphError,
  type GraphNode,
  type GraphValue,
  type In,
  type Meta,
  type Op,
  type OpNode,
  type Out,
  sameShape,
  table,
} from "@unrolled/backend";
import type { ModelBuilder, Operand } from "./builder.js";
import { directionPairs } from "./direction-pairs.js";
import { lowerScan } from "./lower-scan.js";
import { CannotLower, type LowerCall } from "./lowering.js";
import { lowerings } from "./lowerings/all.js";
import { bothDirections, type SequenceOp } from "./lowerings/sequences.js";
import { TrainingPairs } from "./lowerings/training/training-pairs.js";
import type { Result } from "./operand.js";
import type { Operands } from "./operands.js";
import { isEmpty } from "./sizes.js";

/** Lowers every node in order. Those that cannot be lowered are collected into one GraphError. */
export function lowerNodes(builder: ModelBuilder, graph: Graph, operands: Operands): void {
  const lowering = new NodeLowering(graph, operands);
  lowering.run(builder, graph.nodes, { scope: "", place: "" });
  lowering.raise();
}

/** Where a list of nodes stands: what their names begin with, and how messages call it. */
interface Where {
  readonly scope: string;
  readonly place: string;
}

class NodeLowering {
  readonly #graph: Graph;
  readonly #operands: Operands;
  readonly #problems: string[] = [];
  readonly #remedies = new Set<string>();

  constructor(graph: Graph, operands: Operands) {
    this.#graph = graph;
    this.#operands = operands;
  }

  run(builder: ModelBuilder, nodes: readonly GraphNode[], where: Where): void {
    const pairs = new TrainingPairs(nodes);
    const directions = directionPairs(nodes);
    const waiting = new Set<GraphNode>(directions.values());
    nodes.forEach((node, index) => {
      if (waiting.has(node)) return;
      const place = `${where.place}node ${index} ${describe(node)}`;
      const since = builder.nodes.length;
      builder.scope = `${where.scope}${node.op}_${index}`;
      try {
        const other = node.kind === "op" ? directions.get(node as OpNode<SequenceOp>) : undefined;
        if (node.kind === "scan") {
          const inside = { scope: `${builder.scope}/`, place: `${place}, ` };
          const names = lowerScan(builder, node, this.#operands, (body) => this.run(body, node.body.nodes, inside));
          this.#bind(builder, node, names, place, since);
        } else if (node.kind === "backward") pairs.backward(builder, node, index, this.#operands);
        else if (other) this.#lowerDirections(builder, other, node as OpNode<SequenceOp>, place, since);
        else this.#lowerOp(builder, node, place, since, pairs);
      } catch (error) {
        if (!(error instanceof CannotLower)) throw error;
        this.#problems.push(`${place}: ${error.message}`);
        this.#remedies.add(error.remedy);
        for (const value of node.outputs) if (value) this.#operands.define(value, `unsupported_${index}`);
      }
    });
  }

  raise(): void {
    const count = this.#problems.length;
    if (count === 0) return;
    throw new GraphError(
      "graphToOnnx",
      `graph "${this.#graph.name}" has ${count} node${count > 1 ? "s" : ""} that cannot be lowered: ${this.#problems.join("; ")}`,
      [...this.#remedies].join("; "),
    );
  }

  #lowerOp<K extends Op>(
    builder: ModelBuilder,
    node: OpNode<K>,
    place: string,
    since: number,
    pairs: TrainingPairs,
  ): void {
    const call = this.#callOf(node, place);
    if (this.#isEmpty(node)) return;
    const inputs = call.in as readonly (Operand | null)[];
    const results = pairs.forward(builder, node, inputs, call.wanted) ?? lowerings[node.op](builder, call);
    this.#bind(builder, node, results, place, since);
  }

  /** Both nodes of a pair, as one node of the file. */
  #lowerDirections<K extends SequenceOp>(
    builder: ModelBuilder,
    earlier: OpNode<K>,
    later: OpNode<K>,
    place: string,
    since: number,
  ): void {
    const calls = [this.#callOf(earlier, place), this.#callOf(later, place)];
    const empty = [this.#isEmpty(earlier), this.#isEmpty(later)];
    if (empty.every((is) => is)) return;
    const turned = earlier.attrs.reverse;
    const [forward, reverse] = turned ? [calls[1], calls[0]] : calls;
    const [first, second] = bothDirections(builder, later.op, forward, reverse);
    const { scope } = builder;
    this.#bind(builder, earlier, turned ? second : first, place, since, `${scope}.${turned ? "reverse" : "forward"}`);
    this.#bind(builder, later, turned ? first : second, place, since, `${scope}.${turned ? "forward" : "reverse"}`);
  }

  /** Whether a node's results have no elements in any run; then they are defined without it. */
  #isEmpty(node: OpNode): boolean {
    const needed = node.outputs.filter((value) => value !== null);
    if (!needed.every((value) => isEmpty(this.#operands.sizes(value)))) return false;
    for (const value of needed) this.#operands.defineEmpty(value);
    return true;
  }

  #callOf<K extends Op>(node: OpNode<K>, place: string): LowerCall<K> {
    const inputs = node.inputs.map((value) => (value === null ? null : this.#operands.require(value, place)));
    const inferred = table[node.op].infer(inputs as unknown as In<K, Meta>, node.attrs);
    checkOutputs(node, place, inferred);
    const out = (inferred as unknown as readonly (Meta | null)[]).map((meta, i) => {
      const value = node.outputs[i];
      return meta && { ...meta, sizes: value ? this.#operands.sizes(value) : meta.shape };
    });
    return {
      attrs: node.attrs,
      sized: this.#graph.dims?.attrs.get(node as unknown as GraphNode) ?? {},
      in: inputs as unknown as LowerCall<K>["in"],
      out: out as unknown as LowerCall<K>["out"],
      wanted: node.outputs.map((value) => value !== null),
    };
  }

  #bind(
    builder: ModelBuilder,
    { outputs }: { readonly outputs: readonly (GraphValue | null)[] },
    results: readonly (Result | null)[],
    place: string,
    since: number,
    scope: string = builder.scope,
  ): void {
    outputs.forEach((value, i) => {
      if (value === null) return;
      const result = results[i];
      if (result === null || result === undefined) {
        throw new GraphError(
          "graphToOnnx",
          `${place} has no output ${i}`,
          "give the op the optional input that this output belongs to",
        );
      }
      this.#operands.bind(builder, value, result, i === 0 ? scope : `${scope}.${i}`, since);
    });
  }
}

function describe(node: GraphNode): string {
  return node.kind === "backward" ? `${node.op} backward` : node.op;
}

function checkOutputs<K extends Op>(node: OpNode<K>, place: string, inferred: Out<K, Meta>): void {
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
    `${place} declares outputs ${say(node.outputs)}, its inputs give ${say(metas)}`,
    "build the graph with the shapes that the op table infers",
  );
}
