import {
  type Backend,
  type FusedKernel,
  type FusedOp,
  type Meta,
  type Shape,
  type TypedArray,
  table,
} from "@unrolled/backend";
import { numbers } from "./helpers.js";

type Buffers = readonly (TypedArray | null)[];

interface AnyFused {
  forward(inputs: Buffers, call: object, save: boolean): { out: readonly TypedArray[]; reserve?: unknown };
  backward(
    cotangents: Buffers,
    inputs: Buffers,
    outputs: readonly TypedArray[],
    reserve: unknown,
    call: object,
    wanted: readonly boolean[],
  ): Buffers;
  release(reserve: unknown): void;
}

/** Something to compute on a backend, always from the same numbers. */
export interface Case {
  readonly name: string;
  run(backend: Backend<TypedArray>): readonly TypedArray[];
}

const gateCounts = { rnnSequence: 1, lstmSequence: 4, gruSequence: 3 } as const;

function floats(seed: number, size: number): Float32Array {
  const next = numbers(seed);
  return Float32Array.from({ length: size }, next);
}

const float = (shape: Shape): Meta => ({ shape, dtype: "float32" });

export function product(m: number, k: number, n: number, transA = false, transB = false): Case {
  const [a, b] = [floats(1, m * k), floats(2, k * n)];
  const metas = [float(transA ? [k, m] : [m, k]), float(transB ? [n, k] : [k, n])] as const;
  const call = { attrs: { transA, transB }, in: metas, out: [float([m, n])] as const };
  return {
    name: `matmul ${m} x ${k} x ${n}${transA ? ", a transposed" : ""}${transB ? ", b transposed" : ""}`,
    run: (backend) => backend.kernels.matmul([a, b], call),
  };
}

/** Forward and backward of a fused op. */
function fused(
  op: FusedOp,
  name: string,
  shapes: readonly (Shape | null)[],
  attrs: object,
  lengths?: Int32Array,
): Case {
  const floatInputs = shapes.map((shape, i) =>
    shape
      ? floats(
          i + 3,
          shape.reduce((a, b) => a * b, 1),
        )
      : null,
  );
  const lengthsAt = op === "lstmSequence" ? 7 : 6;
  const inputs: Buffers = floatInputs.map((x, i) => (lengths && i === lengthsAt ? lengths : x));
  const metas = shapes.map((shape, i) =>
    shape ? { shape, dtype: lengths && i === lengthsAt ? ("int32" as const) : ("float32" as const) } : null,
  );
  const infer = table[op].infer as unknown as (inputs: readonly (Meta | null)[], attrs: object) => readonly Meta[];
  const call = { attrs, in: metas, out: infer(metas, attrs) };
  const cotangents = call.out.map(({ shape }, i) =>
    floats(
      i + 20,
      shape.reduce((a, b) => a * b, 1),
    ),
  );
  const wanted = inputs.map((x) => x instanceof Float32Array);
  return {
    name,
    run(backend) {
      const kernel = backend.fused?.[op] as FusedKernel<FusedOp, TypedArray> as unknown as AnyFused;
      const { out, reserve } = kernel.forward(inputs, call, true);
      const alone = kernel.forward(inputs, call, false).out;
      const gradients = kernel.backward(cotangents, inputs, out, reserve, call, wanted);
      kernel.release(reserve);
      return [...out, ...alone, ...gradients.filter((x) => x !== null)];
    },
  };
}

export interface SequenceSizes {
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
  /** Units of a projected hidden state; none unless said. */
  readonly P?: number;
}

export function sequence(
  op: keyof typeof gateCounts,
  { T, B, I, H, P }: SequenceSizes,
  attrs: object,
  ragged: boolean = false,
): Case {
  const rows = gateCounts[op] * H;
  const width = P ?? H;
  const states: Shape[] =
    op === "lstmSequence"
      ? [
          [B, width],
          [B, H],
        ]
      : [[B, H]];
  const lengths = ragged ? Int32Array.from({ length: B }, (_, b) => (b * 7 + 3) % (T + 1)) : undefined;
  const projection = op === "lstmSequence" ? [P === undefined ? null : [P, H]] : [];
  const shapes = [
    ...[[T, B, I], ...states],
    ...[[rows, I], [rows, width], [rows], [rows], lengths ? [B] : null, ...projection],
  ];
  const name = `${op} T ${T}, B ${B}, I ${I}, H ${H}${P === undefined ? "" : `, P ${P}`} ${JSON.stringify(attrs)}${ragged ? ", ragged" : ""}`;
  return fused(op, name, shapes, attrs, lengths);
}

export function linear(batch: number, inputs: number, outputs: number): Case {
  return fused(
    "linear",
    `linear ${batch} x ${inputs} -> ${outputs}`,
    [[batch, inputs], [outputs, inputs], [outputs]],
    {},
  );
}

/** Whether two lists of results are equal to the bit. */
export function sameBits(left: readonly TypedArray[], right: readonly TypedArray[]): boolean {
  return left.length === right.length && left.every((one, i) => equalBytes(one, right[i]));
}

function equalBytes(left: TypedArray, right: TypedArray): boolean {
  if (left.length !== right.length) return false;
  const [a, b] = [left, right].map((x) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
  return a.every((byte, i) => byte === b[i]);
}
