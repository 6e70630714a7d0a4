import {
  type Backend,
  GraphError,
  type GraphValue,
  isFloat,
  type Meta,
  type ScanBody,
  type ScanNode,
} from "@unrolled/backend";
import { grad } from "../autograd/backpropagate.js";
import { TapeNode } from "../autograd/tape.js";
import { bufferOf, isGradEnabled, noGrad, requireSameBackend, withGrad } from "../engine.js";
import type { Tracer } from "../graph/tracer.js";
import { add } from "../ops/elementwise.js";
import { zerosOf } from "../ops/zeros.js";
import { Tensor } from "../tensor.js";
import type { ScanFunction, ScanStep } from "./loop-over.js";

interface RecordedBody {
  readonly body: ScanBody;
  /** What the body reads of the graph around. */
  readonly captured: ReadonlyMap<Meta, GraphValue>;
}

/** Tensors for the inputs of a body; `steps` takes the first dimension off. */
function bodyInputs(tracer: Tracer, outer: readonly Tensor[], steps: boolean): Tensor[] {
  return outer.map(({ shape: whole, dtype }) => {
    const shape = steps ? whole.slice(1) : whole;
    return new Tensor(tracer, tracer.value({ shape, dtype }), shape, dtype);
  });
}

function valuesOf(tracer: Backend, tensors: readonly Tensor[]): GraphValue[] {
  return tensors.map((tensor) => {
    requireSameBackend("scanSteps", tracer, tensor);
    return bufferOf("scanSteps", tensor) as GraphValue;
  });
}

/** Records a step as the body of a scan. */
function recordBody(
  tracer: Tracer,
  sequences: readonly Tensor[],
  states: readonly Tensor[],
  step: ScanFunction,
): RecordedBody {
  const open = tracer.openBody();
  try {
    const inner = bodyInputs(tracer, states, false);
    const slices = bodyInputs(tracer, sequences, true);
    const next = step(slices, inner);
    const [nextStates, results] = [valuesOf(tracer, next.states), valuesOf(tracer, next.results)];
    open.read([...nextStates, ...results], [...next.states, ...next.results]);
    requireUnchanged(open.captured);
    const body = {
      states: valuesOf(tracer, inner),
      slices: valuesOf(tracer, slices),
      nodes: open.nodes,
      nextStates,
      results,
    };
    return { body, captured: open.captured };
  } finally {
    open.close();
  }
}

function requireUnchanged(captured: ReadonlyMap<Meta, GraphValue>): void {
  for (const [tensor, value] of captured) {
    if (!(tensor instanceof Tensor) || tensor.buffer === value) continue;
    throw new GraphError(
      "scanSteps",
      "a step changes a tensor from outside in place",
      "make it a state of the scan, and return what it becomes",
    );
  }
}

/** Emits a scan; returns tensors for the last states and the stacked results. */
function emit(
  tracer: Tracer,
  { body, captured }: RecordedBody,
  sequences: readonly Tensor[],
  states: readonly Tensor[],
  reverse: boolean,
): { states: Tensor[]; results: Tensor[] } {
  const inputs = [...states, ...sequences];
  const steps = sequences[0].shape[0];
  const metas: Meta[] = [
    ...body.states,
    ...body.results.map(({ shape, dtype }): Meta => ({ shape: [steps, ...shape], dtype })),
  ];
  const outputs = metas.map((meta) => tracer.value(meta));
  const node: ScanNode = { kind: "scan", op: "scan", body, reverse, inputs: valuesOf(tracer, inputs), outputs };
  tracer.emitScan(node, inputs, captured);
  const tensors = outputs.map((value) => new Tensor(tracer, value, value.shape, value.dtype));
  return { states: tensors.slice(0, body.states.length), results: tensors.slice(body.states.length) };
}

/** `scanSteps` on a tracer: one node, and where a gradient may be asked for, the states before each step as further results. */
export function traceScan(
  tracer: Tracer,
  sequences: readonly Tensor[],
  states: readonly Tensor[],
  step: ScanFunction,
  reverse: boolean,
): ScanStep {
  const recorded = noGrad(() => recordBody(tracer, sequences, states, step));
  const captured = [...recorded.captured.keys()].filter((meta): meta is Tensor => meta instanceof Tensor);
  const tensors = [...states, ...sequences, ...captured];
  if (!isGradEnabled() || tensors.every(({ requiresGrad }) => !requiresGrad))
    return emit(tracer, recorded, sequences, states, reverse);

  const body = { ...recorded.body, results: [...recorded.body.results, ...recorded.body.states] };
  const made = emit(tracer, { ...recorded, body }, sequences, states, reverse);
  const count = recorded.body.results.length;
  const out: ScanStep = { states: made.states, results: made.results.slice(0, count) };
  const scanned: Scanned = { tracer, step, sequences, states, captured, before: made.results.slice(count), reverse };
  const node = new TapeNode("scan", {}, tensors, (cotangents, _node, wanted, createGraph) => {
    if (!createGraph) return gradient(scanned, cotangents, wanted);
    throw new GraphError(
      "scanSteps",
      "a traced scan has first gradients only",
      "leave out createGraph, or trace with a loop over the steps",
    );
  });
  node.saveInputs(tensors);
  [...out.states, ...out.results].forEach((tensor, slot) => {
    if (isFloat(tensor.dtype)) node.produce(tensor, slot);
  });
  return out;
}

interface Scanned {
  readonly tracer: Tracer;
  readonly step: ScanFunction;
  readonly sequences: readonly Tensor[];
  readonly states: readonly Tensor[];
  readonly captured: readonly Tensor[];
  /** The states before each step, [T, ...]. */
  readonly before: readonly Tensor[];
  readonly reverse: boolean;
}

/**
 * The gradient as a scan the other way: each step runs the forward step again from the state before it. Gradients of captured
 * tensors add up in states of the scan.
 */
function gradient(
  { tracer, step, sequences, states, captured, before, reverse }: Scanned,
  cotangents: readonly (Tensor | null)[],
  wanted: readonly boolean[],
): readonly (Tensor | null)[] {
  const [wantedStates, wantedSequences, wantedCaptured] = [
    wanted.slice(0, states.length),
    wanted.slice(states.length, states.length + sequences.length),
    wanted.slice(states.length + sequences.length),
  ];
  const zerosLike = ({ shape, dtype }: Tensor): Tensor => zerosOf(tracer, shape, dtype);
  const isMoving = states.map(({ dtype }) => isFloat(dtype));
  const learned = captured.filter((_, i) => wantedCaptured[i]);
  const start = states.map((state, i) => cotangents[i] ?? zerosLike(state)).filter((_, i) => isMoving[i]);
  const sums = learned.map(zerosLike);
  const arriving = cotangents.slice(states.length);
  const given = arriving.filter((g) => g !== null);

  const stepBack: ScanFunction = (slices, carried) => {
    const own = slices.slice(0, sequences.length);
    const at = slices.slice(sequences.length, sequences.length + before.length);
    const dResults = slices.slice(sequences.length + before.length);
    at.forEach((state, i) => {
      state.requiresGrad = isMoving[i];
    });
    own.forEach((slice, i) => {
      slice.requiresGrad = wantedSequences[i];
    });
    const leaves = [...at, ...own].filter(({ requiresGrad }) => requiresGrad);
    const dCarried = carried.slice(0, start.length);
    const found = asLeaves(captured, learned, () => {
      const next = withGrad(true, () => step(own, at));
      const roots = [
        ...next.states.filter((_, i) => isMoving[i]).map((y, k) => ({ y, g: dCarried[k] })),
        ...next.results.filter((_, i) => arriving[i]).map((y, k) => ({ y, g: dResults[k] })),
      ].filter(({ y }) => y.requiresGrad);
      const targets = [...leaves, ...learned];
      if (roots.length === 0) return targets.map(zerosLike);
      const options = { cotangents: roots.map(({ g }) => g), allowUnused: true, retainGraph: true };
      return grad(
        roots.map(({ y }) => y),
        targets,
        options,
      );
    });
    return {
      states: [
        ...found.slice(0, start.length),
        ...learned.map((_, i) => add(carried[start.length + i], found[leaves.length + i])),
      ],
      results: found.slice(start.length, leaves.length),
    };
  };

  const backStates = [...start, ...sums];
  const backSequences = [...sequences, ...before, ...given];
  const recorded = recordBody(tracer, backSequences, backStates, stepBack);
  const made = emit(tracer, recorded, backSequences, backStates, !reverse);
  const dStates = spread(isMoving, made.states.slice(0, start.length));
  return [
    ...dStates.map((d, i) => (wantedStates[i] ? d : null)),
    ...spread(wantedSequences, made.results),
    ...spread(wantedCaptured, made.states.slice(start.length)),
  ];
}

/** The items in order where a flag is set, null elsewhere. */
function spread(flags: readonly boolean[], items: readonly Tensor[]): (Tensor | null)[] {
  let next = 0;
  return flags.map((flag) => (flag ? items[next++] : null));
}

/** Runs `fn` with tensors cut off from the tape that made them; of them, only `learned` require a gradient. */
function asLeaves<R>(tensors: readonly Tensor[], learned: readonly Tensor[], fn: () => R): R {
  const before = tensors.map(({ node, slot, requiresGrad }) => ({ node, slot, requiresGrad }));
  for (const tensor of tensors) Object.assign(tensor, { node: null, slot: 0, requiresGrad: learned.includes(tensor) });
  try {
    return fn();
  } finally {
    tensors.forEach((tensor, i) => {
      Object.assign(tensor, before[i]);
    });
  }
}
