import {
  dtypes as allDTypes,
  allocate,
  type Backend,
  BackendError,
  bytesPerElement,
  type Call,
  type DType,
  DTypeError,
  dtypeOf,
  type FusedKernel,
  type FusedOp,
  formatShape,
  type In,
  type Kernel,
  type Meta,
  type Op,
  type PrimitiveKernels,
  type PrimitiveOp,
  requireKnownOptions,
  ShapeError,
  sizeOf,
  type TypedArray,
  type UpdateOp,
} from "@unrolled/backend";
import { requireAmong } from "../suite/requirements.js";
import { centralDifferences, type ErasedReference } from "./central-differences.js";
import { fusedReferences } from "./fused.js";
import { refuseIndexOutOfRange } from "./indices.js";
import { primitiveReferences } from "./primitives.js";
import { updateReferences } from "./updates.js";
import type { Values } from "./values.js";

/** A buffer of the reference backend. */
export interface ReferenceBuffer extends Meta {
  readonly id: number;
}

/** Options of `referenceBackend`. */
export interface ReferenceBackendOptions {
  /** Default: all four. */
  readonly dtypes?: readonly DType[];
  /** Has `readSync`. Default: true. */
  readonly readSync?: boolean;
  /** Raises for an index out of range. Default: true. */
  readonly checksIndices?: boolean;
  /** Offers fused ops (their backward by central differences) and updates. Default: true. */
  readonly fused?: boolean;
}

type ErasedOutputs = readonly (Float64Array | null)[];

/**
 * A Backend made of the naive references: slow, and strict about memory. Its buffers are counted and must be freed, as on a
 * device; using one twice freed, or after `dispose`, is a BackendError. For tests of whatever is built on a Backend.
 *
 * @throws ArgumentError for an unknown option or dtype
 * @example
 * const backend = referenceBackend({ dtypes: ["float32", "int32", "bool"] });
 * const x = backend.upload(Float32Array.of(1, 2), [2], "float32");
 */
export function referenceBackend(options: ReferenceBackendOptions = {}): Backend<ReferenceBuffer> {
  requireKnownOptions("referenceBackend", options, ["dtypes", "readSync", "checksIndices", "fused"]);
  const { dtypes = allDTypes, readSync = true, checksIndices = true, fused = true } = options;
  requireAmong("referenceBackend", "dtypes", dtypes, allDTypes);
  const live = new Map<ReferenceBuffer, TypedArray>();
  let nextId = 0;
  let disposed = false;

  const refuseAfterDispose = (what: string): void => {
    if (disposed) throw new BackendError(what, "the reference backend is disposed", "create another");
  };
  const store = (data: TypedArray, { shape, dtype }: Meta): ReferenceBuffer => {
    const buffer: ReferenceBuffer = { id: nextId++, shape, dtype };
    live.set(buffer, data);
    return buffer;
  };
  const look = (what: string, buffer: ReferenceBuffer): TypedArray => {
    refuseAfterDispose(what);
    const data = live.get(buffer);
    if (!data) throw new BackendError(what, `buffer ${buffer.id} is not live`, "use a buffer before it is freed");
    return data;
  };
  const load = (what: string, buffers: readonly (ReferenceBuffer | null)[]): (Values | null)[] => {
    refuseAfterDispose(what);
    return buffers.map((b) => b && { shape: b.shape, dtype: b.dtype, values: Float64Array.from(look(what, b)) });
  };
  const storeAll = (outputs: ErasedOutputs, metas: readonly (Meta | null)[]): (ReferenceBuffer | null)[] =>
    outputs.map((values, i) => {
      const meta = metas[i];
      if (!values || !meta) return null;
      const data = allocate(meta.dtype, values.length) as TypedArray;
      data.set(values);
      return store(data, meta);
    });

  const whole = <K extends Op>(op: K, reference: (inputs: In<K, Values>, call: Call<K>) => ErasedOutputs) => {
    const kernel = (inputs: readonly (ReferenceBuffer | null)[], call: Call<K>): readonly (ReferenceBuffer | null)[] =>
      storeAll(reference(load(op, inputs) as unknown as In<K, Values>, call), call.out);
    return kernel as unknown as Kernel<K, ReferenceBuffer>;
  };

  const primitive = <K extends PrimitiveOp>(op: K): Kernel<K, ReferenceBuffer> => {
    const reference = primitiveReferences[op];
    return whole(op, (inputs, call) => {
      if (checksIndices) refuseIndexOutOfRange(op, inputs, call.attrs);
      return [reference(inputs, call.attrs, call.out[0] as Meta)];
    });
  };

  const fusedKernel = <K extends FusedOp>(op: K): FusedKernel<K, ReferenceBuffer, null> => {
    const reference = fusedReferences[op] as unknown as ErasedReference;
    const forward = whole(op, (inputs, call) => reference(inputs, call.attrs));
    return {
      accepts: () => true,
      forward: (inputs, call) => ({ out: forward(inputs, call), reserve: null }),
      backward(cotangents, inputs, _outputs, _reserve, call, wanted) {
        const received = load(op, cotangents).map((values) => values?.values ?? null);
        const gradients = centralDifferences(
          reference,
          load(op, inputs),
          call.attrs,
          received,
          wanted as unknown as readonly boolean[],
        );
        return storeAll(gradients, call.in) as unknown as { readonly [I in keyof In<K, null>]: ReferenceBuffer | null };
      },
      release: () => undefined,
    } as FusedKernel<K, ReferenceBuffer, null>;
  };

  const update = <K extends UpdateOp>(op: K): Kernel<K, ReferenceBuffer> =>
    whole(op, (inputs, call) => updateReferences[op](inputs, call.attrs) as unknown as ErasedOutputs);

  const kernels = Object.fromEntries(
    (Object.keys(primitiveReferences) as PrimitiveOp[]).map((op) => [op, primitive(op)]),
  ) as unknown as PrimitiveKernels<ReferenceBuffer>;

  return {
    contract: "v1",
    name: "reference",
    capabilities: { dtypes: new Set(dtypes), readSync, hostMemory: false, deterministic: true, checksIndices },
    kernels,
    ...(fused && {
      fused: {
        linear: fusedKernel("linear"),
        softmax: fusedKernel("softmax"),
        logSoftmax: fusedKernel("logSoftmax"),
        softmaxCrossEntropy: fusedKernel("softmaxCrossEntropy"),
        layerNorm: fusedKernel("layerNorm"),
        rnnSequence: fusedKernel("rnnSequence"),
        lstmSequence: fusedKernel("lstmSequence"),
        gruSequence: fusedKernel("gruSequence"),
      },
      updates: { sgdStep: update("sgdStep"), adamStep: update("adamStep") },
    }),
    upload(data, shape, dtype) {
      refuseAfterDispose("upload");
      if (!dtypes.includes(dtype))
        throw new DTypeError("upload", `there is no ${dtype} here`, `use ${dtypes.join(", ")}`);
      if (dtypeOf(data) !== dtype)
        throw new DTypeError("upload", `a ${data.constructor.name} does not hold ${dtype}`, "convert it first");
      if (data.length !== sizeOf(shape))
        throw new ShapeError("upload", `${data.length} elements for ${formatShape(shape)}`, "give as many as it has");
      return store(data.slice(), { shape: [...shape], dtype });
    },
    read: async (buffer) => look("read", buffer).slice(),
    ...(readSync && { readSync: (buffer: ReferenceBuffer) => look("readSync", buffer).slice() }),
    free(buffer) {
      if (disposed) return;
      look("free", buffer);
      live.delete(buffer);
    },
    memory() {
      const bytes = [...live].reduce((sum, [b, data]) => sum + data.length * bytesPerElement(b.dtype), 0);
      return { buffers: live.size, bytes };
    },
    sync: async () => refuseAfterDispose("sync"),
    async dispose() {
      disposed = true;
      live.clear();
    },
  };
}
