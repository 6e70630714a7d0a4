import type { Backend, Meta, TypedArray } from "@unrolled/backend";
import { type ReferenceBuffer, referenceBackend } from "@unrolled/testkit";

/** A toy's buffer. That `inner` can be exchanged is what lets a planted defect write to an input. */
export interface Box {
  inner: ReferenceBuffer;
}

export interface ToyCall {
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly in: readonly (Meta | null)[];
  readonly out: readonly (Meta | null)[];
}

type Boxes = readonly (Box | null)[];
type ToyKernel = (inputs: Boxes, call: ToyCall) => Boxes;

export interface ToyFused {
  accepts(call: ToyCall): boolean;
  forward(inputs: Boxes, call: ToyCall, save: boolean): { out: Boxes; reserve?: unknown };
  backward(
    cotangents: Boxes,
    inputs: Boxes,
    outputs: Boxes,
    reserve: unknown,
    call: ToyCall,
    wanted: readonly boolean[],
  ): Boxes;
  release(reserve: unknown): void;
}

/** The parts of a backend, open for a defect to be planted. */
export interface ToyParts {
  readonly kernels: Record<string, ToyKernel>;
  readonly fused: Record<string, ToyFused>;
  readonly updates: Record<string, ToyKernel>;
  upload: (data: TypedArray, shape: readonly number[], dtype: Meta["dtype"]) => Box;
  read: (box: Box, meta: Meta) => Promise<TypedArray>;
  readSync: (box: Box, meta: Meta) => TypedArray;
  free: (box: Box) => void;
  dispose: () => Promise<void>;
}

export type Plant = (toy: ToyParts) => void;

/** A right backend, made of the naive references, unless something is planted in it. */
export function toyBackend(plant?: Plant): Backend<Box> {
  const engine = referenceBackend();
  const unbox = (boxes: Boxes): (ReferenceBuffer | null)[] => boxes.map((box) => box?.inner ?? null);
  const enbox = (buffers: readonly (ReferenceBuffer | null)[]): Boxes => buffers.map((inner) => inner && { inner });
  type EngineKernel = (
    inputs: readonly (ReferenceBuffer | null)[],
    call: ToyCall,
  ) => readonly (ReferenceBuffer | null)[];
  const boxed = (kernels: object): Record<string, ToyKernel> =>
    Object.fromEntries(
      Object.entries(kernels as Record<string, EngineKernel>).map(([op, kernel]) => [
        op,
        (inputs: Boxes, call: ToyCall) => enbox(kernel(unbox(inputs), call)),
      ]),
    );
  type EngineFused = {
    forward: (inputs: readonly object[], call: ToyCall, save: boolean) => { out: readonly ReferenceBuffer[] };
    backward: (...given: readonly unknown[]) => readonly (ReferenceBuffer | null)[];
  };
  const fused = Object.fromEntries(
    Object.entries((engine.fused ?? {}) as unknown as Record<string, EngineFused>).map(([op, kernel]) => {
      const whole: ToyFused = {
        accepts: () => true,
        forward: (inputs, call, save) => {
          const { out } = kernel.forward(unbox(inputs) as ReferenceBuffer[], call, save);
          return { out: enbox(out), reserve: null };
        },
        backward: (cotangents, inputs, outputs, reserve, call, wanted) =>
          enbox(kernel.backward(unbox(cotangents), unbox(inputs), unbox(outputs), reserve, call, wanted)),
        release: () => undefined,
      };
      return [op, whole];
    }),
  );
  const parts: ToyParts = {
    kernels: boxed(engine.kernels),
    fused,
    updates: boxed(engine.updates ?? {}),
    upload: (data, shape, dtype) => ({ inner: engine.upload(data, shape, dtype) }),
    read: (box, meta) => engine.read(box.inner, meta),
    readSync: (box, meta) => engine.readSync?.(box.inner, meta) as TypedArray,
    free: (box) => engine.free(box.inner),
    dispose: () => engine.dispose(),
  };
  plant?.(parts);
  const { capabilities, memory, sync } = engine;
  return { contract: "v1", name: "toy", capabilities, memory, sync, ...parts } as unknown as Backend<Box>;
}
