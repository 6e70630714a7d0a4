import type { Backend, DType, Shape } from "@unrolled/backend";
import { GRU, LSTM, RNN } from "@unrolled/cells";
import { type Tensor, tensor } from "@unrolled/core";
import { golden } from "./compare.js";

/** One row of product.json; goldens/make_product_goldens.py says what the numbers are. */
export interface ProductCase {
  readonly kind: "RNN" | "LSTM" | "GRU";
  readonly options: {
    readonly inputSize: number;
    readonly hiddenSize: number;
    readonly numLayers: number;
    readonly bias: boolean;
    readonly batchFirst: boolean;
    readonly bidirectional?: boolean;
    readonly projSize?: number;
    readonly nonlinearity?: "tanh" | "relu";
    readonly resetAfter?: boolean;
  };
  readonly lengths: boolean;
  readonly seed: number;
  readonly output: number;
  readonly finalState: readonly number[];
  readonly gradients: {
    readonly input: number;
    readonly initialState: readonly number[] | null;
    readonly parameters: readonly number[];
  };
}

export type Layer = RNN | LSTM | GRU;
/** Runs a layer: all outputs, then the last states. */
export type Run = (
  layer: Layer,
  x: Tensor,
  state: readonly Tensor[] | undefined,
  lengths: readonly number[] | undefined,
) => readonly Tensor[];

const file = golden<{
  readonly header: { readonly steps: number; readonly batch: number; readonly lengths: readonly number[] };
  readonly cases: readonly ProductCase[];
}>("../goldens/product.json", import.meta.url);

export const productCases: readonly ProductCase[] = file.cases;

export function nameOf({ kind, options, lengths, gradients, seed }: ProductCase): string {
  const words = Object.entries(options).map(([key, value]) => `${key} ${value}`);
  return [kind, ...words, lengths ? "lengths" : "", gradients.initialState ? "state" : "", `seed ${seed}`]
    .filter((word) => word !== "")
    .join(", ");
}

interface Place {
  readonly dtype: DType;
  readonly backend: Backend;
}

const first = { input: 0, state: 1, output: 3, final: 4, parameters: 10, digests: 50 };

function pattern(shape: Shape, seed: number, number: number): Float64Array {
  const s = 100 * seed + number;
  return Float64Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => (((31 * i * i + (17 * s + 5) * i + 71 * s + 11) % 2003) - 1001) / 2000,
  );
}

/** How far the largest digest is off, as a share of it where it is above one; infinite where a gradient is missing. */
export function largestDigestError(golden: ProductCase, run: Run, place: Place): number {
  const { seed } = golden;
  const { inputSize, hiddenSize, ...options } = golden.options;
  const make = (shape: Shape, number: number, requiresGrad = false): Tensor =>
    tensor(pattern(shape, seed, number), { shape, ...place, requiresGrad });
  const digest = (t: Tensor | null, number: number): number => {
    if (t === null) return Number.POSITIVE_INFINITY;
    const weights = pattern(t.shape, seed, first.digests + number);
    return Array.from(t.dataSync()).reduce((sum, value, i) => sum + value * weights[i], 0);
  };
  const layer: Layer = new { RNN, LSTM, GRU }[golden.kind](inputSize, hiddenSize, { ...options, ...place });
  layer.loadStateDict(
    Object.fromEntries(
      [...layer.namedParameters()].map(([name, { shape }], k) => [name, make(shape, first.parameters + k)]),
    ),
  );
  const { steps, batch, lengths } = file.header;
  const x = make([...(options.batchFirst ? [batch, steps] : [steps, batch]), inputSize], first.input, true);
  const cells = options.numLayers * (options.bidirectional ? 2 : 1);
  const widths = golden.kind === "LSTM" ? [options.projSize ?? hiddenSize, hiddenSize] : [hiddenSize];
  const state = golden.gradients.initialState
    ? widths.map((width, k) => make([cells, batch, width], first.state + k, true))
    : undefined;
  const results = run(layer, x, state, golden.lengths ? lengths : undefined);
  results
    .map((y, k) => y.mul(make(y.shape, first.output + k)).sum())
    .reduce((a, b) => a.add(b))
    .backward();
  const pairs: (readonly [actual: number, expected: number])[] = [
    [digest(results[0], first.output), golden.output],
    ...golden.finalState.map((expected, k) => [digest(results[k + 1], first.final + k), expected] as const),
    [digest(x.grad, first.input), golden.gradients.input],
    ...(state ?? []).map((part, k) => {
      const expected = golden.gradients.initialState as readonly number[];
      return [digest(part.grad, first.state + k), expected[k]] as const;
    }),
    ...layer.parameters().map(({ grad }, k) => {
      return [digest(grad, first.parameters + k), golden.gradients.parameters[k]] as const;
    }),
  ];
  return Math.max(...pairs.map(([actual, expected]) => Math.abs(actual - expected) / Math.max(1, Math.abs(expected))));
}
