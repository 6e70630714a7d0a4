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
import { apply, requireSameBackend, withGrad } from "../engine.js";
import { keep, noteBackwardPass, scope } from "../memory/scope.js";
import { add, cast } from "../ops/elementwise.js";
import { filledLike } from "../ops/zeros.js";
import type { Tensor } from "../tensor.js";
import { type GradientContext, gradients } from "./gradients.js";
import { type Edge, TapeNode } from "./tape.js";

export interface BackwardOptions {
  /** Keep what the tape saved, so that backward can run again. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the gradients themselves, for gradients of a higher order. Default false. */
  readonly createGraph?: boolean;
}

type AnyGradient = (g: Tensor, context: GradientContext<PrimitiveOp>) => readonly (Tensor | null)[];

/** Gradients of one node's inputs. */
function nodeGradients(
  node: TapeNode,
  cotangents: (Tensor | null)[],
  wanted: boolean[],
  createGraph: boolean,
): readonly (Tensor | null)[] {
  node.checkSaved();
  if (node.gradient !== null) return node.gradient(cotangents, node, wanted, createGraph);
  const g = cotangents[0];
  if (g === null || g === undefined) return wanted.map(() => null);
  const rule = gradients[node.op as PrimitiveOp] as AnyGradient;
  return rule(g, {
    attrs: node.attrs as never,
    x: node.savedInputs as readonly Tensor[],
    y: node.savedOutputs?.[0] as Tensor,
    shapes: node.inputShapes as GradientContext<PrimitiveOp>["shapes"],
    wanted,
  });
}

let walks = 0;

/** Every node that the roots came from, latest first. */
function reachable(roots: readonly Tensor[]): TapeNode[] {
  const walk = ++walks;
  const nodes: TapeNode[] = [];
  const visit = (edge: Edge): void => {
    if (!(edge instanceof TapeNode) || edge.lastWalk === walk) return;
    edge.lastWalk = walk;
    nodes.push(edge);
  };
  for (const root of roots) visit(root.node);
  let ordered = true;
  for (let i = 0; i < nodes.length; i++) {
    const { edges, id } = nodes[i];
    if (i > 0 && nodes[i - 1].id < id) ordered = false;
    for (let k = 0; k < edges.length; k++) visit(edges[k]);
  }
  return ordered ? nodes : nodes.sort((a, b) => b.id - a.id);
}

/** Nodes from which a target can be reached, given nodes latest first. */
function leadingTo(nodes: readonly TapeNode[], targets: ReadonlySet<Edge>): Set<Edge> {
  const useful = new Set<Edge>(targets);
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
    return filledLike(root, 1);
  }
  requireSameBackend("backward", root.backend, seed.backend);
  if (!sameShape(seed.shape, root.shape)) {
    throw new ShapeError(
      "backward",
      `cotangent ${formatShape(seed.shape)} for a tensor ${formatShape(root.shape)}`,
      "give it the tensor's own shape",
    );
  }
  return cast(seed, root.dtype);
}

/** Cotangents on their way through the nodes of one backward pass, and what has arrived at leaves. */
class Flow {
  readonly arrived: Map<Tensor, Tensor> = new Map<Tensor, Tensor>();
  readonly #nodes: readonly TapeNode[];
  readonly #pending: ((Tensor | null)[] | null)[];

  constructor(nodes: readonly TapeNode[]) {
    this.#nodes = nodes;
    this.#pending = new Array(nodes.length).fill(null);
    for (let i = 0; i < nodes.length; i++) nodes[i].place = i;
  }

  /** A pass inside this one, begun by a node's gradient, may have renumbered the node. */
  #placeOf(node: TapeNode): number {
    return this.#nodes[node.place] === node ? node.place : this.#nodes.indexOf(node);
  }

  send(edge: Edge, slot: number, g: Tensor): void {
    if (edge instanceof TapeNode) {
      const place = this.#placeOf(edge);
      let slots = this.#pending[place];
      if (slots === null) {
        slots = new Array<Tensor | null>(edge.outputCount).fill(null);
        this.#pending[place] = slots;
      }
      const before = slots[slot];
      slots[slot] = before === null ? g : add(before, g);
    } else if (edge !== null) {
      const before = this.arrived.get(edge);
      this.arrived.set(edge, before === undefined ? g : add(before, g));
    }
  }

  /** All that was sent to the node at a place, once; null if nothing was. */
  take(place: number): (Tensor | null)[] | null {
    const slots = this.#pending[place];
    this.#pending[place] = null;
    return slots;
  }
}

/** Runs the tape backwards from `roots`; gives each leaf's total gradient, or with `targets` each target's. */
function run(
  roots: readonly Tensor[],
  seeds: readonly (Tensor | undefined)[],
  targets: readonly Tensor[] | null,
  { createGraph = false, retainGraph = createGraph }: BackwardOptions,
): Map<Tensor, Tensor> {
  return withGrad(createGraph, () => {
    const nodes = reachable(roots);
    const useful = targets === null ? null : leadingTo(nodes, new Set(targets.map((t) => t.node ?? t)));
    const flow = new Flow(nodes);
    for (let i = 0; i < roots.length; i++) {
      flow.send(roots[i].node ?? roots[i], roots[i].slot, checkSeed(roots[i], seeds[i]));
    }
    const interior = targets?.filter((t) => t.node !== null) ?? [];
    for (let place = 0; place < nodes.length; place++) {
      const node = nodes[place];
      const cotangents = flow.take(place);
      if (cotangents === null) continue;
      for (const target of interior) {
        const g = target.node === node ? cotangents[target.slot] : null;
        if (g !== null) flow.arrived.set(target, g);
      }
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
          const g = result[i];
          if (wanted[i] && g !== null && g !== undefined) flow.send(edges[i], slots[i], g);
        }
      }
      if (!retainGraph) node.free();
    }
    return flow.arrived;
  });
}

/** A tensor of its own on the tape, as several leaves may have been sent the same gradient. */
function ownCopy(g: Tensor): Tensor {
  return apply("reshape", [g], { shape: g.shape });
}

/**
 * Adds the gradients of `root` to the `.grad` of every leaf it depends on: in place, so that `.grad` stays the same tensor,
 * except with `createGraph`.
 */
export function backward(root: Tensor, seed?: Tensor, options: BackwardOptions = {}): void {
  const accumulate = (): void => {
    for (const [leaf, g] of run([root], [seed], null, options)) {
      const before = leaf.grad;
      if (options.createGraph) leaf.grad = keep(before === null ? ownCopy(g) : add(before, g));
      else if (before === null) leaf.grad = keep(g.detach());
      else before.assign_(add(before, g));
    }
  };
  const { hostMemory } = root.backend.capabilities;
  if (!hostMemory) noteBackwardPass(root.backend);
  if (hostMemory || options.createGraph) withGrad(options.createGraph ?? false, accumulate);
  else withGrad(false, () => scope(accumulate));
}

export interface GradOptions extends BackwardOptions {
  /** Cotangents of the outputs; scalars need none. */
  readonly cotangents?: readonly Tensor[];
  /** Give zeros for an input on which no output depends, instead of an error. Default false. */
  readonly allowUnused?: boolean;
}

/**
 * Gradients of outputs with respect to inputs (leaves or not), without touching `.grad`, as torch.autograd.grad.
 *
 * @example
 * const [dx] = grad(x.mul(x).sum(), [x], { createGraph: true });
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions = {},
): Tensor[] {
  const roots: readonly Tensor[] = Array.isArray(outputs) ? outputs : [outputs as Tensor];
  const { cotangents = [] } = options;
  if (cotangents.length > 0 && cotangents.length !== roots.length) {
    throw new ArgumentError(
      "grad",
      `${cotangents.length} cotangents for ${roots.length} outputs`,
      "give one for each output, or none",
    );
  }
  const totals = run(roots, cotangents, inputs, options);
  return inputs.map((input, i) => {
    const g = totals.get(input);
    if (g !== undefined) return g;
    if (options.allowUnused) return filledLike(input, 0);
    throw new GraphError(
      "grad",
      `no output depends on input ${i}${input.requiresGrad ? "" : ", which does not require a gradient"}`,
      "set requiresGrad before the forward pass, or pass { allowUnused: true } for zeros",
    );
  });
}
