import type { Attrs, BackwardNode, GraphNode, GraphValue, OpNode } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "../../builder.js";
import { CannotLower } from "../../lowering.js";
import type { Operands } from "../../operands.js";
import { isEmpty } from "../../sizes.js";
import { backwardScan, type WantedGradients } from "./backward-scan.js";
import { forwardScan, type Reserve } from "./forward-scan.js";
import { linearGradient, linearIsEmpty } from "./linear-gradient.js";
import { forwardNorm, isNormalised, type NormReserve, normGradient, rowGradient } from "./normalised-gradient.js";
import { isSequence, sequenceOperands } from "./sequence-operands.js";

/** Fused nodes of one list with the gradients that read their reserve: each pair is lowered together. */
export class TrainingPairs {
  readonly #gradients = new Map<OpNode, BackwardNode[]>();
  readonly #reserves = new Map<OpNode, Reserve>();
  readonly #norms = new Map<OpNode, NormReserve>();

  constructor(nodes: readonly GraphNode[]) {
    for (const node of nodes) {
      if (node.kind !== "backward") continue;
      const forward = node.forward as OpNode;
      this.#gradients.set(forward, [...(this.#gradients.get(forward) ?? []), node]);
    }
  }

  /** Lowers a sequence or layer norm whose gradient is asked for; `null` for any other node. */
  forward(
    b: ModelBuilder,
    node: OpNode,
    inputs: readonly (Operand | null)[],
    wanted: readonly boolean[],
  ): readonly (string | null)[] | null {
    const gradients = this.#gradients.get(node);
    if (gradients === undefined) return null;
    if (node.op === "layerNorm") {
      const reserve = forwardNorm(b, inputs, node.attrs as Attrs<"layerNorm">);
      this.#norms.set(node, reserve);
      return [reserve.output];
    }
    if (!isSequence(node)) return null;
    const operands = sequenceOperands(node, inputs);
    if (operands.parameters.hidden === 0)
      throw new CannotLower("the layer has no hidden units", "give it at least one");
    const weightIndex = operands.cell.states + 2;
    const keepProducts = gradients.some(({ outputs }) => Boolean(outputs[weightIndex]));
    const { outputs, reserve } = forwardScan(b, operands, wanted, keepProducts ? "products" : "activations");
    this.#reserves.set(node, reserve);
    return outputs;
  }

  /** Lowers a gradient, after its forward node. */
  backward(b: ModelBuilder, node: BackwardNode, index: number, operands: Operands): void {
    const read = (value: GraphValue | null): Operand | null =>
      value === null ? null : operands.require(value, `node ${index} ${node.op} backward`);
    const forward = node.forward as OpNode;
    const inputs = forward.inputs.map(read);
    const cotangents = node.inputs.map(read);
    const wanted = forward.inputs.map((_, i) => {
      const value = node.outputs[i];
      return Boolean(value) && !isEmpty(operands.sizes(value as GraphValue));
    });
    const names = this.#gradientNames(b, forward, inputs, cotangents, wanted);
    node.outputs.forEach((value, i) => {
      if (value === null) return;
      if (wanted[i]) operands.define(value, names[i] ?? b.filled(0, { ...value, sizes: operands.sizes(value) }));
      else operands.defineEmpty(value);
    });
  }

  /** A gradient without a name is zero. */
  #gradientNames(
    b: ModelBuilder,
    forward: OpNode,
    inputs: readonly (Operand | null)[],
    cotangents: readonly (Operand | null)[],
    wanted: readonly boolean[],
  ): readonly (string | null)[] {
    if (forward.op === "linear") {
      const [x, weight] = inputs as readonly [Operand, Operand];
      const [dy] = cotangents;
      if (!dy || linearIsEmpty(x, weight)) return [];
      return linearGradient(b, [x, weight], dy.name, [wanted[0], wanted[1], wanted[2]]);
    }
    if (isNormalised(forward)) {
      const [dy] = cotangents;
      return dy ? this.#normalisedGradient(b, forward, inputs, dy.name, wanted) : [];
    }
    const reserve = this.#reserves.get(forward);
    if (reserve === undefined) return [];
    const { states } = reserve.operands.cell;
    const [x, ...rest] = wanted;
    const [wIh, wHh, bIh, bHh, , wHr = false] = rest.slice(states);
    const asked: WantedGradients = { x, initial: rest.slice(0, states), wIh, wHh, bIh, bHh, wHr };
    const dNames = cotangents.map((operand) => operand?.name ?? null);
    const found = backwardScan(b, reserve, dNames, asked);
    return [found.x, ...found.initial, found.wIh, found.wHh, found.bIh, found.bHh, null, found.wHr];
  }
  #normalisedGradient(
    b: ModelBuilder,
    forward: OpNode,
    inputs: readonly (Operand | null)[],
    dy: string,
    wanted: readonly boolean[],
  ): readonly (string | null)[] {
    if (!isNormalised(forward)) return [];
    const { op, attrs } = forward;
    if (op !== "layerNorm") return wanted[0] ? [rowGradient(b, op, inputs, dy, attrs.axis)] : [];
    const reserve = this.#norms.get(forward as OpNode);
    return reserve ? normGradient(b, inputs, dy, attrs.axis, reserve, wanted) : [];
  }
}
