import {
  type Attrs,
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
  for (const input of inputs) if (input) requireSameBackend(op, backend, input.backend);
  const metas = (table[op].infer as AnyInfer)(inputs, attrs);
  const call = { attrs, in: inputs, out: metas } as unknown as Call<K>;
  const kernel = backend.fused?.[op] as FusedKernel<K, object> | undefined;
  if (kernel?.accepts(call)) return runKernel(op, kernel as unknown as AnyFusedKernel, inputs, metas, call, save);

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

function runKernel(
  op: FusedOp,
  kernel: AnyFusedKernel,
  inputs: AnyInputs,
  metas: readonly Meta[],
  call: object,
  save: boolean,
): FusedRun {
  const backend = (inputs[0] as Tensor).backend;
  const buffers = inputs.map((t) => (t ? bufferOf(op, t) : null));
  const { out, reserve } = kernel.forward(buffers, call, save);
  const outputs = out.map((buffer, i) => makeTensor(backend, buffer, metas[i].shape, metas[i].dtype));
  return {
    out: outputs,
    backward: (cotangents, wanted) => {
      const found = kernel.backward(
        cotangents.map((g) => (g ? bufferOf(op, g) : null)),
        inputs.map((t) => (t ? bufferOf(op, t) : null)),
        outputs.map((t) => bufferOf(op, t)),
        reserve,
        call,
        wanted,
      );
      return found.map((buffer, i) => {
        const input = inputs[i];
        return buffer && input ? makeTensor(backend, buffer, input.shape, input.dtype) : null;
      });
    },
    release: () => {
      if (save) kernel.release(reserve);
    },
  };
}

/** Runs a fused op and records it as one node where a gradient may be asked for. */
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
  run.out.forEach((t, i) => {
    node.produce(t, i);
  });
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
