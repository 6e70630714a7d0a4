import { GraphError, type Shape } from "@unrolled/backend";
import type { Tensor } from "../tensor.js";

/** Cotangents by output in, gradients by input out; `null` is zero, or not wanted. */
export type NodeGradient = (
  cotangents: readonly (Tensor | null)[],
  node: TapeNode,
  wanted: readonly boolean[],
  createGraph: boolean,
) => readonly (Tensor | null)[];

let counter = 0;

/** The slots of inputs that are the first outputs of their nodes: nearly all. */
const firstSlots: number[][] = Array.from({ length: 9 }, (_, count) => new Array<number>(count).fill(0));

/**
 * One recorded op, or a leaf, at which gradients arrive. Later nodes have greater ids, so descending ids are a valid order
 * for going back.
 */
export class TapeNode {
  readonly id: number = ++counter;
  readonly op: string;
  readonly attrs: object;
  /** `null` for primitives, whose rules stand in the gradient table, at `index`. */
  readonly gradient: NodeGradient | null;
  readonly index: number;
  /** Where each input's gradient goes; `null` for those that need none. */
  readonly edges: readonly (TapeNode | null)[];
  /** Which output of the edge's node an input was. */
  readonly slots: readonly number[];
  readonly inputShapes: readonly (Shape | null)[];
  /** The leaf that this node stands for. */
  leaf: Tensor | null = null;
  outputCount = 0;
  /** The last walk over the tape that came by, and the node's place in the last pass. */
  lastWalk = 0;
  place = 0;
  savedInputs: readonly (Tensor | null)[] | null = null;
  /** Saved when just made, at version 0. */
  savedOutputs: readonly Tensor[] | null = null;
  /** Called when the node's saved values are let go. */
  release: (() => void) | null = null;
  private savedVersions = 0;
  private spent = false;

  constructor(
    op: string,
    attrs: object,
    inputs: readonly (Tensor | null)[],
    gradient: NodeGradient | null,
    index: number = -1,
  ) {
    this.op = op;
    this.attrs = attrs;
    this.gradient = gradient;
    this.index = index;
    const count = inputs.length;
    const edges = new Array<TapeNode | null>(count);
    const shapes = new Array<Shape | null>(count);
    let isFirst = count < firstSlots.length;
    for (let i = 0; i < count; i++) {
      const input = inputs[i];
      edges[i] = input === null ? null : edgeTo(input);
      shapes[i] = input === null ? null : input.shape;
      if (input !== null && input.slot !== 0) isFirst = false;
    }
    this.edges = edges;
    this.slots = isFirst ? firstSlots[count] : inputs.map((input) => (input === null ? 0 : input.slot));
    this.inputShapes = shapes;
  }

  saveInputs(inputs: readonly (Tensor | null)[]): void {
    this.savedInputs = inputs;
    this.savedVersions = sumOfVersions(inputs);
  }

  /** Makes `tensor` the node's output number `slot`. */
  produce(tensor: Tensor, slot: number): void {
    tensor.node = this;
    tensor.slot = slot;
    tensor.requiresGrad = true;
    if (slot >= this.outputCount) this.outputCount = slot + 1;
  }

  /** Raises if what was saved is gone or was changed since. */
  checkSaved(): void {
    if (this.spent) {
      throw new GraphError(
        "backward",
        `the values that ${this.op} saved were freed by an earlier backward`,
        "detach() a state that is carried over from an earlier step, run the forward pass again, or pass { retainGraph: true } to the earlier call",
      );
    }
    if (
      (this.savedInputs !== null && sumOfVersions(this.savedInputs) !== this.savedVersions) ||
      (this.savedOutputs !== null && sumOfVersions(this.savedOutputs) !== 0)
    ) {
      throw new GraphError(
        "backward",
        `a tensor that ${this.op} needs for its gradient was changed in place after the forward pass`,
        "call backward before the update, or use an operation that makes a new tensor",
      );
    }
  }

  free(): void {
    if (this.savedInputs !== null || this.savedOutputs !== null || this.release !== null) this.spent = true;
    this.savedInputs = null;
    this.savedOutputs = null;
    this.release?.();
    this.release = null;
  }
}

function sumOfVersions(tensors: readonly (Tensor | null)[]): number {
  let sum = 0;
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i];
    if (tensor !== null) sum += tensor.version;
  }
  return sum;
}

const noInputs: readonly never[] = Object.freeze([]);

/** The node at which a tensor's gradient arrives: its op's, or a leaf's own; `null` if it needs none. */
export function edgeTo(tensor: Tensor): TapeNode | null {
  if (!tensor.requiresGrad) return null;
  return tensor.node ?? leafNodeOf(tensor);
}

export function leafNodeOf(leaf: Tensor): TapeNode {
  if (leaf.leafNode === null) {
    const node = new TapeNode("leaf", noInputs, noInputs, null);
    node.leaf = leaf;
    node.outputCount = 1;
    leaf.leafNode = node;
  }
  return leaf.leafNode;
}
