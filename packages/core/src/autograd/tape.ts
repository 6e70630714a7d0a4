import { GraphError, type Shape } from "@unrolled/backend";
import type { Tensor } from "../tensor.js";

/** Cotangents by output in, gradients by input out; `null` is zero, or not wanted. */
export type NodeGradient = (
  cotangents: readonly (Tensor | null)[],
  node: TapeNode,
  wanted: readonly boolean[],
  createGraph: boolean,
) => readonly (Tensor | null)[];

/** Where a gradient goes: the node that made an input, or the leaf itself. */
export type Edge = TapeNode | Tensor | null;

let counter = 0;

/** One recorded op. Later nodes have greater ids, so descending ids are a valid order for going back. */
export class TapeNode {
  readonly id: number = ++counter;
  readonly op: string;
  readonly attrs: object;
  /** `null` for primitives, whose rules stand in the gradient table. */
  readonly gradient: NodeGradient | null;
  readonly edges: Edge[];
  /** Which output of the edge's node an input was. */
  readonly slots: number[];
  readonly inputShapes: (Shape | null)[];
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

  constructor(op: string, attrs: object, inputs: readonly (Tensor | null)[], gradient: NodeGradient | null) {
    this.op = op;
    this.attrs = attrs;
    this.gradient = gradient;
    const count = inputs.length;
    const edges = new Array<Edge>(count);
    const slots = new Array<number>(count);
    const shapes = new Array<Shape | null>(count);
    for (let i = 0; i < count; i++) {
      const input = inputs[i];
      if (input === null) {
        edges[i] = null;
        slots[i] = 0;
        shapes[i] = null;
        continue;
      }
      edges[i] = input.requiresGrad ? (input.node ?? input) : null;
      slots[i] = input.slot;
      shapes[i] = input.shape;
    }
    this.edges = edges;
    this.slots = slots;
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
