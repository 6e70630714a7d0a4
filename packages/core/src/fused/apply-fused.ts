import {
  type Attrs,
  type Backend,
  type Call,
  type FusedKernel,
  type FusedOp,
  type In,
  type Meta,
  type Out,
  table,
  type Wanted,
} from "@unrolled/backend";
import { grad } from "../autograd/backpropagate.js";
import { TapeNode } from "../autograd/tape.js";
import { bufferOf, isRecording, makeTensor, noGrad, requireSameBackend, run, withGrad } from "../engine.js";
import { primitives } from "../primitives.js";
import type { Tensor } from "../tensor.js";
import type { DecomposedReserve, Decomposition } from "./decomposition.js";
import { decompositions } from "./decompositions.js";

type AnyInfer = (inputs: readonly (Meta | null)[], attrs: object) => readonly Meta[];
type AnyInputs = readonly (Tensor | null)[];

interface AnyFusedKernel {
  accepts(call: object): boolean;
  forward(
    inputs: readonly (object | null)[],
    call: object,
    save: boolean,
  ): { out: readonly object[]; reserve?: unknown };
  backward(
    cotangents: readonly (object | null)[],
    inputs: readonly (object | null)[],
    outputs: readonly object[],
    reserve: unknown,
    call: object,
    wanted: readonly boolean[],
  ): readonly (object | null)[];
  release(reserve: unknown): void;
}

/** One executed fused op: its outputs, and the way back. */
export interface FusedRun {
  readonly out: readonly Tensor[];
  backward(cotangents: readonly (Tensor | null)[], wanted: readonly boolean[]): readonly (Tensor | null)[];
  /** Gives the reserve back. */
  release(): void;
}

/** Runs a fused op without recording, by the backend's own kernel where it has one that accepts the call, else decomposed. */
export function runFused<K extends FusedOp>(op: K, inputs: AnyInputs, attrs: Attrs<K>, save: boolean): FusedRun {
  const backend = (inputs[0] as Tensor).backend;
  for (let i = 1; i < inputs.length; i++) {
    const input = inputs[i];
    if (input && input.backend !== backend) requireSameBackend(op, backend, input);
  }
  const metas = (table[op].infer as AnyInfer)(inputs, attrs);
  const call = { attrs, in: inputs, out: metas } as unknown as Call<K>;
  const kernel = backend.fused?.[op] as FusedKernel<K, object> | undefined;
  if (kernel?.accepts(call)) return new KernelRun(op, kernel as unknown as AnyFusedKernel, inputs, metas, call, save);

  const { forward, backward } = decompositions[op] as unknown as Decomposition<FusedOp>;
  const { out, reserve } = noGrad(() => forward(inputs as In<FusedOp, Tensor>, attrs as Attrs<FusedOp>));
  const outputs = out as readonly Tensor[];
  let kept: DecomposedReserve | null = reserve;
  return {
    out: outputs,
    backward: (cotangents, wanted) =>
      backward(
        cotangents,
        inputs as In<FusedOp, Tensor>,
        outputs,
        kept as DecomposedReserve,
        attrs as Attrs<FusedOp>,
        wanted as unknown as Wanted<FusedOp>,
      ),
    release: () => {
      kept = null;
    },
  };
}

/** A run by the backend's own kernel. */
class KernelRun implements FusedRun {
  readonly out: readonly Tensor[];
  readonly #op: FusedOp;
  readonly #kernel: AnyFusedKernel;
  readonly #inputs: AnyInputs;
  readonly #call: object;
  readonly #saved: boolean;
  readonly #reserve: unknown;

  constructor(
    op: FusedOp,
    kernel: AnyFusedKernel,
    inputs: AnyInputs,
    metas: readonly Meta[],
    call: object,
    save: boolean,
  ) {
    this.#op = op;
    this.#kernel = kernel;
    this.#inputs = inputs;
    this.#call = call;
    this.#saved = save;
    const lent = buffersOf(op, inputs);
    const { out, reserve } = kernel.forward(lent, call, save);
    for (const buffer of out) inputs[lent.indexOf(buffer)]?.share();
    this.#reserve = reserve;
    this.out = tensorsOf((inputs[0] as Tensor).backend, out, metas) as Tensor[];
  }

  backward(cotangents: readonly (Tensor | null)[], wanted: readonly boolean[]): readonly (Tensor | null)[] {
    const inputs = this.#inputs;
    const found = this.#kernel.backward(
      buffersOf(this.#op, cotangents),
      buffersOf(this.#op, inputs),
      buffersOf(this.#op, this.out) as object[],
      this.#reserve,
      this.#call,
      wanted,
    );
    return tensorsOf((inputs[0] as Tensor).backend, found, inputs);
  }

  release(): void {
    if (this.#saved) this.#kernel.release(this.#reserve);
  }
}

function buffersOf(op: FusedOp, tensors: readonly (Tensor | null)[]): (object | null)[] {
  const buffers = new Array<object | null>(tensors.length);
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i];
    buffers[i] = tensor ? (tensor.lentBuffer ?? bufferOf(op, tensor)) : null;
  }
  return buffers;
}

/** Tensors of buffers, each with the shape and dtype that stands at its place. */
function tensorsOf(
  backend: Backend,
  buffers: readonly (object | null)[],
  metas: readonly (Meta | null)[],
): (Tensor | null)[] {
  const tensors = new Array<Tensor | null>(buffers.length);
  for (let i = 0; i < buffers.length; i++) {
    const buffer = buffers[i];
    const meta = metas[i];
    tensors[i] = buffer && meta ? makeTensor(backend, buffer, meta.shape, meta.dtype) : null;
  }
  return tensors;
}

/**
 * Runs a fused op and records it as one node where a gradient may be asked for. Shapes are those of the op's row in the op table.
 *
 * @example
 * const [x, weight] = [ones([2, 3]), ones([4, 3])];
 * const [y] = applyFused("linear", [x, weight, null], {}); // [2, 4]
 */
export function applyFused<K extends FusedOp>(op: K, inputs: In<K, Tensor>, attrs: Attrs<K>): Out<K, Tensor> {
  const list = inputs as AnyInputs;
  const recording = isRecording(list);
  const run = runFused(op, list, attrs, recording);
  const { out } = run;
  if (recording) record(op, list, attrs, run);
  return out as unknown as Out<K, Tensor>;
}

/** What the node holds on to goes with `node.free()`, so that a loss that is kept does not keep its whole sequence. */
function record<K extends FusedOp>(op: K, inputs: AnyInputs, attrs: Attrs<K>, run: FusedRun): void {
  let held: FusedRun | null = run;
  const node = new TapeNode(op, attrs, inputs, (cotangents, { savedInputs }, wanted, createGraph) =>
    createGraph
      ? gradientsOfHigherOrder(op, savedInputs as AnyInputs, attrs, cotangents, wanted)
      : (held as FusedRun).backward(cotangents, wanted),
  );
  node.saveInputs(inputs);
  node.savedOutputs = run.out;
  node.release = () => {
    held?.release();
    held = null;
  };
  for (let i = 0; i < run.out.length; i++) node.produce(run.out[i], i);
}

/**
 * The forward pass once more, recorded in primitives, and gradients through that. It reads aliases of the inputs, so that
 * gradients stop there, even where one input was computed from another.
 */
function gradientsOfHigherOrder<K extends FusedOp>(
  op: K,
  inputs: AnyInputs,
  attrs: Attrs<K>,
  cotangents: readonly (Tensor | null)[],
  wanted: readonly boolean[],
): readonly (Tensor | null)[] {
  const { forward } = decompositions[op] as unknown as Decomposition<FusedOp>;
  return withGrad(true, () => {
    const aliases = inputs.map((t, i) => (t && wanted[i] ? run(primitives.reshape, [t], { shape: t.shape }) : t));
    const { out } = forward(aliases as unknown as In<FusedOp, Tensor>, attrs as Attrs<FusedOp>);
    const used = (out as readonly Tensor[]).flatMap((t, i) => {
      const g = cotangents[i];
      return g && t.requiresGrad ? [{ t, g }] : [];
    });
    if (used.length === 0) return inputs.map(() => null);
    const targets = aliases.filter((t, i): t is Tensor => t !== null && wanted[i]);
    const options = { cotangents: used.map(({ g }) => g), createGraph: true, allowUnused: true };
    const found = grad(
      used.map(({ t }) => t),
      targets,
      options,
    );
    let next = 0;
    return inputs.map((t, i) => (t !== null && wanted[i] ? found[next++] : null));
  });
}
