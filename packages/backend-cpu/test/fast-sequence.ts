import { setFlagsFromString } from "node:v8";
import { type FusedKernel, type FusedOp, type Meta, type Shape, type TypedArray, table } from "@unrolled/backend";
import { expect } from "vitest";
import type { Reserve } from "../src/fast/reserve.js";
import type { FastPasses } from "../src/fast/sequence.js";
import { type Engine, loadEngine } from "../src/wasm/engine.js";
import { hasRelaxedSimd } from "../src/wasm/module.js";
import { numbers } from "./helpers.js";

export type Buffers = readonly (TypedArray | null)[];

interface AnyPlain {
  forward(inputs: Buffers, call: object, save: boolean): { out: readonly TypedArray[]; reserve?: unknown };
  backward(
    cotangents: Buffers,
    inputs: Buffers,
    outputs: readonly TypedArray[],
    reserve: unknown,
    call: object,
    wanted: readonly boolean[],
  ): Buffers;
}

interface AnyFast {
  forward(
    engine: Engine,
    inputs: Buffers,
    call: object,
    save: boolean,
  ): { out: readonly TypedArray[]; reserve?: Reserve };
  backward(cotangents: Buffers, inputs: Buffers, reserve: Reserve, call: object, wanted: readonly boolean[]): Buffers;
}

export interface SequenceCase {
  readonly op: "rnnSequence" | "lstmSequence" | "gruSequence";
  readonly attrs: object;
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
  /** Units of a projected hidden state; none unless said. */
  readonly P?: number;
  readonly lengths?: readonly number[];
  /** The largest weight; 1 / sqrt(H) unless said. */
  readonly spread?: number;
  /** Which biases are there; both unless said. */
  readonly biases?: "both" | "ih" | "hh" | "none";
  /** Initial states of zeros. */
  readonly fromZeros?: boolean;
  /** Outputs without a cotangent. */
  readonly absent?: readonly number[];
  /** Gradients asked for, by input; all float ones unless said. */
  readonly wanted?: readonly number[];
}

/** The engines of this machine by the instructions they use. Node 20 has relaxed SIMD behind a flag. */
export function testEngines(): readonly (readonly [string, Engine])[] {
  if (!hasRelaxedSimd() && Number(process.versions.node.split(".")[0]) < 22) {
    setFlagsFromString("--experimental-wasm-relaxed-simd");
  }
  const plain = ["plain SIMD", loadEngine("simd128")] as const;
  return hasRelaxedSimd() ? [plain, ["relaxed SIMD", loadEngine("relaxed")]] : [plain];
}

/** An engine whose free memory is full of NaN: whatever a kernel reads before it wrote it shows. */
export function poisonedEngine(simd: Engine["simd"]): Engine {
  const engine = loadEngine(simd);
  const free = engine.memory.allocate(64);
  engine.memory.f32.fill(Number.NaN, free >> 2);
  return engine;
}

/** Asserts that `step` takes no memory beyond what its first call took. */
export function expectFlatMemory(engine: Engine, step: () => void, steps: number): void {
  const MB = 2 ** 20;
  step();
  const before = engine.memory.allocate(40 * MB);
  for (let i = 0; i < steps; i++) step();
  expect(engine.memory.allocate(48 * MB) - before).toBe(40 * MB);
}

const gateCounts = { rnnSequence: 1, lstmSequence: 4, gruSequence: 3 } as const;

/** Float32 inputs of a case, with weights of the usual size. */
export function inputsOf(
  { op, T, B, I, H, P, lengths, spread = 1 / Math.sqrt(H), biases = "both", fromZeros = false }: SequenceCase,
  seed = 1,
): { buffers: Buffers; metas: readonly (Meta | null)[] } {
  const next = numbers(seed);
  const rows = gateCounts[op] * H;
  const floats = (shape: Shape, scale: number): { data: Float32Array; meta: Meta } => ({
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next() * scale),
    meta: { shape, dtype: "float32" },
  });
  const lstm = op === "lstmSequence";
  const width = P ?? H;
  const inputs = [
    floats([T, B, I], 2),
    floats([B, width], fromZeros ? 0 : 1),
    ...(lstm ? [floats([B, H], fromZeros ? 0 : 1)] : []),
    floats([rows, I], spread),
    floats([rows, width], spread),
    biases === "both" || biases === "ih" ? floats([rows], spread) : null,
    biases === "both" || biases === "hh" ? floats([rows], spread) : null,
    lengths ? { data: Int32Array.from(lengths), meta: { shape: [B], dtype: "int32" } as const } : null,
    ...(lstm ? [P === undefined ? null : floats([P, H], spread)] : []),
  ];
  return { buffers: inputs.map((x) => x?.data ?? null), metas: inputs.map((x) => x?.meta ?? null) };
}

export function callOf(
  { op, attrs }: SequenceCase,
  metas: readonly (Meta | null)[],
): { attrs: object; in: readonly (Meta | null)[]; out: readonly Meta[] } {
  const infer = table[op].infer as unknown as (inputs: readonly (Meta | null)[], attrs: object) => readonly Meta[];
  return { attrs, in: metas, out: infer(metas, attrs) };
}

/** Both passes in WebAssembly give what the plain kernel gives, twice from one reserve, and without a reserve the same bits. */
export function checkAgainstPlain<K extends FusedOp, P>(
  engine: Engine,
  passes: FastPasses<K>,
  plainKernel: FusedKernel<K, TypedArray, P>,
  it: SequenceCase,
): void {
  const fast = passes as unknown as AnyFast;
  const plain = plainKernel as unknown as AnyPlain;
  const { buffers, metas } = inputsOf(it);
  const call = callOf(it, metas);
  const expected = plain.forward(buffers, call, true);
  const got = fast.forward(engine, buffers, call, true);
  expectSameBits(fast.forward(engine, buffers, call, false).out, got.out, `${JSON.stringify(it)} without a reserve`);
  expectClose(got.out, expected.out, `${JSON.stringify(it)} output`);
  const next = numbers(7);
  const cotangents = call.out.map((meta, i) =>
    it.absent?.includes(i) ? null : Float32Array.from({ length: meta.shape.reduce((a, b) => a * b, 1) }, () => next()),
  );
  const wanted = buffers.map(
    (x, i) => x !== null && metas[i]?.dtype === "float32" && (it.wanted === undefined || it.wanted.includes(i)),
  );
  const reserve = got.reserve as Reserve;
  const gradients = fast.backward(cotangents, buffers, reserve, call, wanted);
  expectSameBits(
    fast.backward(cotangents, buffers, reserve, call, wanted),
    gradients,
    `${JSON.stringify(it)} gradient, the second time`,
  );
  reserve.release();
  const reference = plain.backward(cotangents, buffers, expected.out, expected.reserve, call, wanted);
  expectClose(gradients, reference, `${JSON.stringify(it)} gradient`);
}

function expectSameBits(got: Buffers, expected: Buffers, what: string): void {
  expected.forEach((values, k) => {
    const at = values?.findIndex((value, i) => !Object.is(value, got[k]?.[i])) ?? -1;
    if (at >= 0) expect.fail(`${what} ${k}: element ${at} is ${got[k]?.[at]} and was ${values?.[at]}`);
  });
}

function expectClose(got: Buffers, expected: Buffers, what: string): void {
  expect(got.length, what).toBe(expected.length);
  expected.forEach((values, k) => {
    const found = got[k];
    if (values === null || found === null) {
      expect(found, `${what} ${k}`).toBe(values);
      return;
    }
    expect(found.length, `${what} ${k}`).toBe(values.length);
    let scale = 1e-3;
    let worst = 0;
    for (let i = 0; i < values.length; i++) {
      scale = Math.max(scale, Math.abs(values[i]));
      const error = Math.abs(found[i] - values[i]);
      if (!(error <= worst)) worst = error;
    }
    if (!(worst <= 2e-6 * scale)) expect.fail(`${what} ${k} is off by ${worst}, with values up to ${scale}`);
  });
}
