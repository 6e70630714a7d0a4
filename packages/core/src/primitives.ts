import { type Backend, type Meta, type PrimitiveOp, table } from "@unrolled/backend";
import { type SavePolicy, saves } from "./autograd/saves.js";
import { isTracing } from "./graph/tracing-mark.js";

type AnyInfer = (inputs: readonly Meta[], attrs: object) => readonly Meta[];
type AnyKernel = (inputs: readonly object[], call: object) => readonly object[];

/**
 * A primitive as the engine runs it, with what the tables say of it looked up once: looking a name up that differs from
 * call to call costs more than a small op's arithmetic.
 */
export class Primitive<K extends PrimitiveOp = PrimitiveOp> {
  readonly name: K;
  /** Its place in `primitiveOps`. */
  readonly index: number;
  readonly infer: AnyInfer;
  readonly saves: SavePolicy;
  private lastBackend: Backend | null = null;
  private lastKernel: AnyKernel | null = null;

  constructor(name: K, index: number) {
    this.name = name;
    this.index = index;
    this.infer = table[name].infer as AnyInfer;
    this.saves = saves[name];
  }

  kernelOn(backend: Backend): AnyKernel {
    return backend === this.lastBackend ? (this.lastKernel as AnyKernel) : this.lookUp(backend);
  }

  private lookUp(backend: Backend): AnyKernel {
    const kernel = backend.kernels[this.name] as unknown as AnyKernel;
    if (isTracing(backend)) return kernel; // to remember it would keep all that was traced
    this.lastBackend = backend;
    this.lastKernel = kernel;
    return kernel;
  }
}

export const primitiveOps: readonly PrimitiveOp[] = Object.keys(saves) as PrimitiveOp[];

export const primitives: { readonly [K in PrimitiveOp]: Primitive<K> } = Object.fromEntries(
  primitiveOps.map((name, index) => [name, new Primitive(name, index)]),
) as unknown as { readonly [K in PrimitiveOp]: Primitive<K> };
