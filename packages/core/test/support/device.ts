import { type Backend, BackendError, type Meta, type TypedArray } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";

/** A buffer of the fake device: gone when nothing refers to it any more. */
export interface Handle {
  data: TypedArray | null;
  references: number;
}

export interface FakeDevice {
  readonly backend: Backend<Handle>;
  /** Buffers that wait to be freed. */
  buffers(): number;
  /** What forward passes saved and nobody released. */
  reserves(): number;
}

type Data = TypedArray | null;
type Buffer = Handle | null;
type AnyKernel = (inputs: readonly Data[], call: object) => readonly Data[];
interface AnyFused {
  accepts(call: object): boolean;
  forward(inputs: readonly Data[], call: object, save: boolean): { out: readonly Data[]; reserve?: unknown };
  backward(g: readonly Data[], inputs: readonly Data[], out: readonly Data[], ...rest: unknown[]): readonly Data[];
  release(reserve: unknown): void;
}

/** The CPU's kernels behind handles that must be freed exactly once a reference, and are not readable where `readSync` is false. */
export function fakeDevice({
  readSync = true,
  fused = true,
}: {
  readSync?: boolean;
  fused?: boolean;
} = {}): FakeDevice {
  const host = cpu();
  let live = 0;
  let reserves = 0;
  const make = (data: TypedArray): Handle => {
    live++;
    return { data, references: 1 };
  };
  const open = (handle: Buffer): Data => {
    if (handle === null) return null;
    if (handle.data === null) throw new Error("the device was given a buffer that was freed");
    return handle.data;
  };
  const opened = (handles: readonly Buffer[]): Data[] => handles.map(open);
  const made = (all: readonly Data[]): Buffer[] => all.map((data) => (data === null ? null : make(data)));
  const wrap = (kernel: AnyKernel) => (inputs: readonly Buffer[], call: object) => made(kernel(opened(inputs), call));
  const wrapFused = (kernel: AnyFused): object => ({
    accepts: (call: object) => kernel.accepts(call),
    forward(inputs: readonly Buffer[], call: object, save: boolean): object {
      if (save) reserves++;
      const { out, reserve } = kernel.forward(opened(inputs), call, save);
      return { out: made(out), reserve };
    },
    backward: (g: readonly Buffer[], inputs: readonly Buffer[], out: readonly Buffer[], ...rest: unknown[]) =>
      made(kernel.backward(opened(g), opened(inputs), opened(out), ...rest)),
    release(reserve: unknown): void {
      reserves--;
      kernel.release(reserve);
    },
  });
  const each = <T>(record: object, wrapOne: (value: T) => unknown): Record<string, unknown> =>
    Object.fromEntries(Object.entries(record as Record<string, T>).map(([name, value]) => [name, wrapOne(value)]));

  const share = ([handle]: readonly Handle[]): readonly Handle[] => {
    open(handle);
    handle.references++;
    return [handle];
  };
  const backend = {
    contract: "v1",
    name: "device",
    capabilities: { ...host.capabilities, hostMemory: false, readSync },
    kernels: { ...each(host.kernels, wrap), reshape: share },
    ...(fused && { fused: each(host.fused as object, wrapFused), updates: each(host.updates as object, wrap) }),
    upload: (data: TypedArray, shape: Meta["shape"], dtype: Meta["dtype"]) => make(host.upload(data, shape, dtype)),
    read: async (handle: Handle, meta: Meta) => host.read(open(handle) as TypedArray, meta),
    ...(readSync && { readSync: (handle: Handle) => (open(handle) as TypedArray).slice() }),
    free(handle: Handle): void {
      if (handle.references === 0) throw new BackendError("free", "a buffer was freed twice", "count references");
      handle.references--;
      if (handle.references > 0) return;
      handle.data = null;
      live--;
    },
    memory: () => ({ buffers: live, bytes: 0 }),
    sync: async () => undefined,
    dispose: async () => undefined,
  };
  return { backend: backend as unknown as Backend<Handle>, buffers: () => live, reserves: () => reserves };
}

/** The CPU's kernels without its fused ops and updates. */
export function decomposedCpu(): Backend<TypedArray> {
  const { fused: _fused, updates: _updates, ...rest } = cpu();
  return { ...rest, name: "cpu-decomposed" };
}
