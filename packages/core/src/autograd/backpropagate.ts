import {
  ArgumentError,
  DTypeError,
  formatShape,
  GraphError,
  isFloat,
  type PrimitiveOp,
  ShapeError,
  sameShape,
} from "@unrolled/backend";
import { requireOperands } from "../arguments.js";
import { requireSameBackend, run, withGrad } from "../engine.js";
import { keep, noteBackwardPass, scope } from "../memory/scope.js";
import { add, cast, scalarLike } from "../ops/elementwise.js";
import { filledLike } from "../ops/zeros.js";
import { primitiveOps, primitives } from "../primitives.js";
import type { Tensor } from "../tensor.js";
import { type GradientContext, gradients } from "./gradients.js";
import { leafNodeOf, type TapeNode } from "./tape.js";

/** Options of `Tensor.backward`. */
export interface BackwardOptions {
  /** Keep what the tape saved, so that backward can run again. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the gradients themselves, for gradients of a higher order. Default false. */
  readonly createGraph?: boolean;
}

type AnyGradient = (g: Tensor, context: GradientContext<PrimitiveOp>) => readonly (Tensor | null)[];

/** The gradients of the primitives by their places, for which nodes have a number and no name. */
const rules: readonly AnyGradient[] = primitiveOps.map((op) => gradients[op] as AnyGradient);

/** Gradients of one node's inputs. */
function nodeGradients(
  node: TapeNode,
  cotangents: readonly (Tensor | null)[],
  wanted: readonly boolean[],
  createGraph: boolean,
): readonly (Tensor | null)[] {
  node.checkSaved();
  if (node.gradient !== null) return node.gradient(cotangents, node, wanted, createGraph);
  const rule = rules[node.index];
  return rule(cotangents[0] as Tensor, {
    attrs: node.attrs as never,
    x: node.savedInputs as readonly Tensor[],
    y: node.savedOutputs === null ? (null as never) : node.savedOutputs[0],
    shapes: node.inputShapes as GradientContext<PrimitiveOp>["shapes"],
    wanted,
  });
}

let walks = 0;

/** What the roots came from: ops, latest first, and leaves. */
interface Reached {
  readonly nodes: readonly TapeNode[];
  readonly leaves: readonly TapeNode[];
}

function reachable(roots: readonly Tensor[]): Reached {
  const walk = ++walks;
  const nodes: TapeNode[] = [];
  const leaves: TapeNode[] = [];
  for (let i = 0; i < roots.length; i++) visit(rootNode(roots[i]), walk, nodes, leaves);
  let ordered = true;
  for (let i = 0; i < nodes.length; i++) {
    const { edges, id } = nodes[i];
    if (i > 0 && nodes[i - 1].id < id) ordered = false;
    for (let k = 0; k < edges.length; k++) {
      const edge = edges[k];
      if (edge !== null) visit(edge, walk, nodes, leaves);
    }
  }
  if (!ordered) nodes.sort((a, b) => b.id - a.id);
  return { nodes, leaves };
}

function visit(node: TapeNode, walk: number, nodes: TapeNode[], leaves: TapeNode[]): void {
  if (node.lastWalk === walk) return;
  node.lastWalk = walk;
  if (node.leaf === null) nodes.push(node);
  else leaves.push(node);
}

function rootNode(root: Tensor): TapeNode {
  return root.node ?? leafNodeOf(root);
}

/** Nodes from which a target can be reached, given nodes latest first. */
function leadingTo(nodes: readonly TapeNode[], targets: readonly Tensor[]): Set<TapeNode | null> {
  const useful = new Set<TapeNode | null>(targets.map(rootNode));
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (nodes[i].edges.some((edge) => edge !== null && useful.has(edge))) useful.add(nodes[i]);
  }
  return useful;
}

function checkSeed(root: Tensor, seed: Tensor | undefined): Tensor {
  if (!root.requiresGrad) {
    throw new GraphError(
      "backward",
      "the tensor does not depend on anything that requires a gradient",
      "set requiresGrad on a leaf, and do not compute it under noGrad",
    );
  }
  if (!isFloat(root.dtype))
    throw new DTypeError("backward", `${root.dtype} has no gradient`, "start from a float tensor");
  if (seed === undefined) {
    if (root.size !== 1) {
      throw new ShapeError(
        "backward",
        `a tensor of shape ${formatShape(root.shape)} has no single gradient`,
        "reduce it to a scalar (mean, sum), or give the cotangent",
      );
    }
    return root.shape.length === 0 ? scalarLike("backward", 1, root).detach() : filledLike(root, 1);
  }
  requireSameBackend("backward", root.backend, seed);
  if (!sameShape(seed.shape, root.shape)) {
    throw new ShapeError(
      "backward",
      `cotangent ${formatShape(seed.shape)} for a tensor ${formatShape(root.shape)}`,
      "give it the tensor's own shape",
    );
  }
  return cast(seed, root.dtype);
}

/** Cotangents on their way to ops and, behind these, to leaves: by the nodes' places and then by outputs. */
class Flow {
  readonly #nodes: readonly TapeNode[];
  readonly #leaves: readonly TapeNode[];
  readonly #pending: ((Tensor | null)[] | null)[];

  constructor({ nodes, leaves }: Reached) {
    this.#nodes = nodes;
    this.#leaves = leaves;
    const pending = new Array<(Tensor | null)[] | null>(nodes.length + leaves.length);
    for (let i = 0; i < nodes.length; i++) nodes[i].place = i;
    for (let i = 0; i < leaves.length; i++) leaves[i].place = nodes.length + i;
    for (let i = 0; i < pending.length; i++) pending[i] = null;
    this.#pending = pending;
  }

  /** A pass inside this one, begun by a node's gradient, may have renumbered the node. */
  #placeOf(node: TapeNode): number {
    const { place } = node;
    const count = this.#nodes.length;
    if (node.leaf === null) return this.#nodes[place] === node ? place : this.#nodes.indexOf(node);
    return this.#leaves[place - count] === node ? place : count + this.#leaves.indexOf(node);
  }

  send(node: TapeNode, slot: number, g: Tensor): void {
    const place = this.#placeOf(node);
    let slots = this.#pending[place];
    if (slots === null) {
      slots = new Array<Tensor | null>(node.outputCount);
      for (let i = 0; i < slots.length; i++) slots[i] = null;
      this.#pending[place] = slots;
    }
    const before = slots[slot];
    slots[slot] = before === null ? g : add(before, g);
  }

  /** All that was sent to an op, once; null if nothing was. */
  take(place: number): (Tensor | null)[] | null {
    const slots = this.#pending[place];
    this.#pending[place] = null;
    return slots;
  }

  /** The total for a leaf; null if nothing was sent there. */
  takeLeaf(index: number): Tensor | null {
    const slots = this.take(this.#nodes.length + index);
    return slots === null ? null : slots[0];
  }
}

type Arrive = (tensor: Tensor, gradient: Tensor) => void;

/** Runs the tape backwards from `roots`, and hands over each leaf's total gradient, or with `targets` each target's. */
function walkBack(
  roots: readonly Tensor[],
  seeds: readonly (Tensor | undefined)[],
  targets: readonly Tensor[] | null,
  arrive: Arrive,
  { createGraph = false, retainGraph = createGraph }: BackwardOptions,
): void {
  const reached = reachable(roots);
  const { nodes, leaves } = reached;
  const useful = targets === null ? null : leadingTo(nodes, targets);
  const flow = new Flow(reached);
  for (let i = 0; i < roots.length; i++) flow.send(rootNode(roots[i]), roots[i].slot, checkSeed(roots[i], seeds[i]));
  const interior = targets === null ? null : targets.filter((t) => t.node !== null);
  for (let place = 0; place < nodes.length; place++) {
    const node = nodes[place];
    const cotangents = flow.take(place);
    if (cotangents === null) continue;
    if (interior !== null) handOver(interior, node, cotangents, arrive);
    const { edges, slots } = node;
    const wanted = new Array<boolean>(edges.length);
    let some = false;
    for (let i = 0; i < edges.length; i++) {
      const edge = edges[i];
      wanted[i] = edge !== null && (useful === null || useful.has(edge));
      some ||= wanted[i];
    }
    if (some) {
      const result = nodeGradients(node, cotangents, wanted, createGraph);
      for (let i = 0; i < edges.length; i++) {
        const edge = edges[i];
        const g = result[i];
        if (edge !== null && wanted[i] && g !== null && g !== undefined) flow.send(edge, slots[i], g);
      }
    }
    if (!retainGraph) node.free();
  }
  for (let i = 0; i < leaves.length; i++) {
    const g = flow.takeLeaf(i);
    if (g !== null) arrive(leaves[i].leaf as Tensor, g);
  }
}

/** What arrived at outputs of a node that are targets themselves. */
function handOver(
  targets: readonly Tensor[],
  node: TapeNode,
  cotangents: readonly (Tensor | null)[],
  arrive: Arrive,
): void {
  for (const target of targets) {
    const g = target.node === node ? cotangents[target.slot] : null;
    if (g !== null) arrive(target, g);
  }
}

/** A tensor of its own on the tape, as several leaves may have been sent the same gradient. */
function ownCopy(g: Tensor): Tensor {
  return run(primitives.reshape, [g], { shape: g.shape });
}

const noOptions: BackwardOptions = {};

/**
 * Adds the gradients of `root` to the `.grad` of every leaf it depends on: in place, so that `.grad` stays the same tensor,
 * except with `createGraph`.
 */
export function backward(root: Tensor, seed?: Tensor, options: BackwardOptions = noOptions): void {
  const { createGraph = false } = options;
  const accumulate: Arrive = (leaf, g) => {
    const before = leaf.grad;
    if (createGraph) leaf.grad = keep(before === null ? ownCopy(g) : add(before, g));
    else if (before === null) leaf.grad = keep(g.detach());
    else before.assign_(add(before, g));
  };
  const back = (): void => walkBack([root], [seed], null, accumulate, options);
  const { hostMemory } = root.backend.capabilities;
  if (!hostMemory) noteBackwardPass(root.backend);
  if (hostMemory || createGraph) withGrad(createGraph, back);
  else withGrad(false, () => scope(back));
}

/** Options of `grad`. */
export interface GradOptions extends BackwardOptions {
  /** Cotangents of the outputs; scalars need none. */
  readonly cotangents?: readonly Tensor[];
  /** Give zeros for an input on which no output depends, instead of an error. Default false. */
  readonly allowUnused?: boolean;
}

/**
 * Gradients of outputs with respect to inputs (leaves or not), without touching `.grad`, as torch.autograd.grad.
 *
 * @throws ArgumentError unless there are no cotangents or one for each output
 * @example
 * const [dx] = grad(x.mul(x).sum(), [x], { createGraph: true });
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions = {},
): Tensor[] {
  const roots: readonly Tensor[] = Array.isArray(outputs) ? outputs : [outputs as Tensor];
  requireOperands("grad", "the outputs", roots);
  requireOperands("grad", "the inputs", inputs);
  const { cotangents = [] } = options;
  if (cotangents.length > 0 && cotangents.length !== roots.length) {
    throw new ArgumentError(
      "grad",
      `${cotangents.length} cotangents for ${roots.length} outputs`,
      "give one for each output, or none",
    );
  }
  const found = new Map<Tensor, Tensor>();
  const arrive: Arrive = (tensor, g) => found.set(tensor, g);
  withGrad(options.createGraph ?? false, () => walkBack(roots, cotangents, inputs, arrive, options));
  return inputs.map((input, i) => {
    const g = found.get(input);
    if (g !== undefined) return g;
    if (options.allowUnused) return filledLike(input, 0);
    throw new GraphError(
      "grad",
      `no output depends on input ${i}${input.requiresGrad ? "" : ", which does not require a gradient"}`,
      "set requiresGrad before the forward pass, or pass { allowUnused: true } for zeros",
    );
  });
}
