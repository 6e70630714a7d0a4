import { type Backend, BackendError, type Op, type TypedArray } from "@unrolled/backend";
import type { BoundBackward, BoundOp, ErasedCall, Values } from "../bind/bound.js";
import type { Value } from "../bind/value.js";
import type { Piece } from "../plan/piece.js";

type Arrays = readonly (TypedArray | null)[];
type AnyKernel = (inputs: Arrays, call: ErasedCall) => Arrays;

interface AnyFused {
  forward(inputs: Arrays, call: ErasedCall, save: boolean): { out: Arrays; reserve?: unknown };
  backward(
    cotangents: Arrays,
    inputs: Arrays,
    outputs: Arrays,
    reserve: unknown,
    call: ErasedCall,
    wanted: readonly boolean[],
  ): Arrays;
  release(reserve: unknown): void;
}

const existing = (values: Values): Value[] => values.filter((value) => value !== null);

/** Ops as JavaScript calls of a backend's kernels, on views of the program's memory: for whatever has no emitter. */
export class HostOps {
  readonly #backend: Backend<TypedArray>;
  readonly #reserves = new Map<BoundOp, { readonly kernel: AnyFused; readonly reserve: unknown }>();

  constructor(backend: Backend<TypedArray>) {
    this.#backend = backend;
  }

  op(node: BoundOp): Piece {
    const { op, call, inputs, outputs, saves } = node;
    if (!this.#isFused(op)) {
      const kernel = this.#kernel(op);
      return piece(inputs, outputs, existing(inputs), (arrays) => kernel(arrays, call));
    }
    const kernel = this.#fused(op);
    return piece(inputs, outputs, existing(inputs), (arrays) => {
      this.#release(node);
      const { out, reserve } = kernel.forward(arrays, call, saves);
      if (saves) this.#reserves.set(node, { kernel, reserve });
      return out;
    });
  }

  backward(node: BoundBackward): Piece {
    const { forward } = node;
    const wanted = node.outputs.map((value) => value !== null);
    const inputs = [...node.inputs, ...forward.inputs, ...forward.outputs];
    const cotangents = node.inputs.length;
    const given = cotangents + forward.inputs.length;
    return piece(inputs, node.outputs, existing(inputs), (arrays) => {
      const { kernel, reserve } = this.#reserves.get(forward) as { kernel: AnyFused; reserve: unknown };
      return kernel.backward(
        arrays.slice(0, cotangents),
        arrays.slice(cotangents, given),
        arrays.slice(given),
        reserve,
        forward.call,
        wanted,
      );
    });
  }

  /** To be called after each run. */
  releaseAll(): void {
    for (const node of [...this.#reserves.keys()]) this.#release(node);
  }

  #release(node: BoundOp): void {
    const held = this.#reserves.get(node);
    if (held === undefined) return;
    this.#reserves.delete(node);
    held.kernel.release(held.reserve);
  }

  #isFused(op: Op): boolean {
    return op in (this.#backend.fused ?? {});
  }

  #fused(op: Op): AnyFused {
    return (this.#backend.fused as unknown as Record<Op, AnyFused>)[op];
  }

  #kernel(op: Op): AnyKernel {
    const { kernels, updates } = this.#backend as unknown as Record<"kernels" | "updates", Record<Op, AnyKernel>>;
    const kernel = kernels[op] ?? updates[op];
    if (kernel) return kernel;
    throw new BackendError(op, `${this.#backend.name} has no kernel for it`, "run the graph with interpreter(backend)");
  }
}

function piece(inputs: Values, outputs: Values, reads: readonly Value[], run: (arrays: Arrays) => Arrays): Piece {
  return {
    kind: "piece",
    reads,
    writes: existing(outputs),
    mayRaise: true,
    emit: ({ callHost, view }) => {
      const sources = inputs.map((value) => value && view(value));
      const targets = outputs.map((value) => value && view(value));
      callHost(() => {
        const results = run(sources.map((source) => source?.() ?? null));
        targets.forEach((target, i) => {
          const result = results[i];
          if (target && result) target().set(result);
        });
      });
    },
  };
}
