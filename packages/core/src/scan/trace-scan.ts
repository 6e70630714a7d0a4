import { GraphError, type GraphValue, isFloat, type Meta, type ScanBody, type ScanNode } from "@unrolled/backend";
import { grad } from "../autograd/backpropagate.js";
import { TapeNode } from "../autograd/tape.js";
import { bufferOf, isGradEnabled, noGrad, withGrad } from "../engine.js";
import { executeNodes } from "../graph/execute.js";
import type { Tracer } from "../graph/tracer.js";
import { add } from "../ops/elementwise.js";
import { zerosOf } from "../ops/zeros.js";
import { Tensor } from "../tensor.js";
import type { RunScan, ScanFunction, ScanStep } from "./loop-over.js";

/** Values for inputs of a body, as tensors; `steps` takes the first dimension off. */
function bodyInputs(tracer: Tracer, outer: readonly Tensor[], steps: boolean, requiresGrad: boolean): Tensor[] {
  return outer.map(({ shape: whole, dtype }) => {
    const shape = steps ? whole.slice(1) : whole;
    const input = new Tensor(tracer, tracer.value({ shape, dtype }), shape, dtype);
    input.requiresGrad = requiresGrad && isFloat(dtype);
    return input;
  });
}

const valuesOf = (tensors: readonly Tensor[]): GraphValue[] =>
  tensors.map((tensor) => bufferOf("scanSteps", tensor) as GraphValue);

/** Records a step as the body of a scan. `record` gets the body's inputs and returns its outputs. */
function recordBody(
  tracer: Tracer,
  states: readonly Tensor[],
  sequences: readonly Tensor[],
  record: (slices: readonly Tensor[], states: readonly Tensor[]) => ScanStep,
  requiresGrad: boolean,
): { body: ScanBody; captured: ReadonlyMap<GraphValue, Meta> } {
  const open = tracer.openBody();
  try {
    const inner = bodyInputs(tracer, states, false, requiresGrad);
    const slices = bodyInputs(tracer, sequences, true, requiresGrad);
    const next = record(slices, inner);
    const body: ScanBody = {
      states: valuesOf(inner),
      slices: valuesOf(slices),
      nodes: open.nodes,
      nextStates: valuesOf(next.states),
      results: valuesOf(next.results),
    };
    return { body, captured: open.captured };
  } finally {
    open.close();
  }
}

/** Emits a scan; returns tensors for the last states and the stacked results. */
function emit(
  tracer: Tracer,
  { body, captured }: { body: ScanBody; captured: ReadonlyMap<GraphValue, Meta> },
  inputs: readonly Tensor[],
  reverse: boolean,
): { states: Tensor[]; results: Tensor[] } {
  const steps = inputs[body.states.length].shape[0];
  const metas: Meta[] = [
    ...body.states,
    ...body.results.map(({ shape, dtype }): Meta => ({ shape: [steps, ...shape], dtype })),
  ];
  const outputs = metas.map((meta) => tracer.value(meta));
  const node: ScanNode = { kind: "scan", op: "scan", body, reverse, inputs: valuesOf(inputs), outputs };
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
  const plain = noGrad(() => recordBody(tracer, states, sequences, step, false));
  const captured = [...plain.captured.values()].filter((meta): meta is Tensor => meta instanceof Tensor);
  const tensors = [...states, ...sequences, ...captured];
  const recording = isGradEnabled() && tensors.some(({ requiresGrad }) => requiresGrad);
  const body = recording ? { ...plain.body, results: [...plain.body.results, ...plain.body.states] } : plain.body;
  const made = emit(tracer, { body, captured: plain.captured }, [...states, ...sequences], reverse);
  if (!recording) return made;
  const results = made.results.slice(0, plain.body.results.length);
  const before = made.results.slice(plain.body.results.length);
  const node = new TapeNode("scan", {}, tensors, (cotangents, _node, wanted, createGraph) => {
    if (createGraph) {
      throw new GraphError(
        "scanSteps",
        "a traced scan has first gradients only",
        "leave out createGraph, or trace with a loop over the steps",
      );
    }
    const outputs = { states: made.states, results };
    return gradient(tracer, plain.body, outputs, cotangents, { states, sequences, captured, before }, wanted, reverse);
  });
  [...made.states, ...results].forEach((tensor, slot) => {
    if (isFloat(tensor.dtype)) node.produce(tensor, slot);
  });
  return { states: made.states, results };
}

interface ScanInputs {
  readonly states: readonly Tensor[];
  readonly sequences: readonly Tensor[];
  readonly captured: readonly Tensor[];
  /** The states before each step, [T, ...]. */
  readonly before: readonly Tensor[];
}

/**
 * The gradient as a scan the other way: each step runs the forward step again from the state before it. Gradients of captured
 * tensors add up in states of the scan.
 */
function gradient(
  tracer: Tracer,
  body: ScanBody,
  outputs: ScanStep,
  cotangents: readonly (Tensor | null)[],
  { states, sequences, captured, before }: ScanInputs,
  wanted: readonly boolean[],
  reverse: boolean,
): readonly (Tensor | null)[] {
  const learned = captured.filter((_, i) => wanted[states.length + sequences.length + i]);
  const moving = states.map(({ dtype }, i) => (isFloat(dtype) ? i : -1)).filter((i) => i >= 0);
  const zerosLike = ({ shape, dtype }: Tensor): Tensor => zerosOf(tracer, shape, dtype);
  const start = moving.map((i) => cotangents[i] ?? zerosLike(outputs.states[i]));
  const sums = learned.map(zerosLike);
  const given = outputs.results.flatMap((_, i) => {
    const g = cotangents[states.length + i];
    return g ? [{ i, g }] : [];
  });
  const record = (slices: readonly Tensor[], inner: readonly Tensor[]): ScanStep => {
    const own = [slices.slice(0, sequences.length), slices.slice(sequences.length, sequences.length + before.length)];
    const dResults = slices.slice(sequences.length + before.length);
    const leaves = [...own[1], ...own[0], ...learned.map((t) => aliasOf(tracer, t))];
    for (const leaf of leaves) leaf.requiresGrad = isFloat(leaf.dtype);
    const values = new Map<GraphValue, Tensor>();
    [...body.states, ...body.slices].forEach((value, i) => {
      values.set(value, leaves[i]);
    });
    for (const t of captured) values.set(bufferOf("scanSteps", t) as GraphValue, t);
    learned.forEach((t, i) => {
      values.set(bufferOf("scanSteps", t) as GraphValue, leaves[body.states.length + body.slices.length + i]);
    });
    const scan: RunScan = (...call) => traceScan(tracer, ...call);
    withGrad(true, () => executeNodes({ nodes: body.nodes }, tracer, values, { record: true, scan }));
    const roots = [
      ...moving.map((i, k) => ({ y: values.get(body.nextStates[i]), g: inner[k] })),
      ...given.map(({ i }, k) => ({ y: values.get(body.results[i]), g: dResults[k] })),
    ].filter((root): root is { y: Tensor; g: Tensor } => root.y?.requiresGrad === true);
    const floats = leaves.filter(({ requiresGrad }) => requiresGrad);
    const found =
      roots.length === 0
        ? floats.map(zerosLike)
        : grad(
            roots.map(({ y }) => y),
            floats,
            { cotangents: roots.map(({ g }) => g), allowUnused: true },
          );
    const of = new Map(floats.map((leaf, i) => [leaf, found[i]]));
    const dStates = moving.map((i) => of.get(leaves[i]) as Tensor);
    const dSums = learned.map((_, i) =>
      add(inner[moving.length + i], of.get(leaves[body.states.length + body.slices.length + i]) as Tensor),
    );
    const dSlices = sequences.flatMap((_, i) => of.get(leaves[body.states.length + i]) ?? []);
    return { states: [...dStates, ...dSums], results: dSlices };
  };
  const scanStates = [...start, ...sums];
  const scanSequences = [...sequences, ...before, ...given.map(({ g }) => g)];
  const { states: last, results } = emit(
    tracer,
    recordBody(tracer, scanStates, scanSequences, record, false),
    [...scanStates, ...scanSequences],
    !reverse,
  );
  const floatSequences = sequences.filter(({ dtype }) => isFloat(dtype));
  const found = new Map<Tensor, Tensor>([
    ...learned.map((t, i): [Tensor, Tensor] => [t, last[moving.length + i]]),
    ...floatSequences.map((t, i): [Tensor, Tensor] => [t, results[i]]),
  ]);
  return [
    ...states.map((_, i) => (wanted[i] ? (last[moving.indexOf(i)] ?? null) : null)),
    ...sequences.map((t, i) => (wanted[states.length + i] ? (found.get(t) ?? null) : null)),
    ...captured.map((t, i) => (wanted[states.length + sequences.length + i] ? (found.get(t) ?? null) : null)),
  ];
}

/** The same value as a leaf of its own. */
function aliasOf(tracer: Tracer, { shape, dtype, buffer }: Tensor): Tensor {
  return new Tensor(tracer, buffer as GraphValue, shape, dtype);
}
