import type { Backend, DType } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  GRU,
  GRUCell,
  gruCell,
  LSTM,
  LSTMCell,
  lstmCell,
  packPadded,
  padPacked,
  RNN,
  RNNCell,
  rnnCell,
  stepThrough,
} from "@unrolled/cells";
import { concat, type NestedArray, stack, type Tensor, tensor } from "@unrolled/core";
import type { Module } from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { golden, largestError } from "./support/compare.js";

interface Gradients {
  readonly parameters: Record<string, NestedArray>;
  readonly input: NestedArray;
  readonly initialState: readonly NestedArray[] | null;
}

interface CellCase {
  readonly name: string;
  readonly kind: "RNNCell" | "LSTMCell" | "GRUCell";
  readonly options: {
    readonly inputSize: number;
    readonly hiddenSize: number;
    readonly bias: boolean;
    readonly nonlinearity?: "tanh" | "relu";
  };
  readonly stateDict: Record<string, NestedArray>;
  readonly input: NestedArray;
  readonly initialState: readonly NestedArray[] | null;
  readonly finalState: readonly NestedArray[];
  readonly cotangents: { readonly finalState: readonly NestedArray[] };
  readonly gradients: Gradients;
}

interface LayerCase extends Omit<CellCase, "kind" | "cotangents"> {
  readonly kind: "RNN" | "LSTM" | "GRU";
  readonly options: CellCase["options"] & {
    readonly numLayers: number;
    readonly batchFirst: boolean;
    readonly bidirectional?: boolean;
    readonly projSize?: number;
  };
  readonly enforceSorted?: boolean;
  readonly lengths?: readonly number[];
  readonly output: NestedArray;
  readonly cotangents: { readonly output: NestedArray | null; readonly finalState: readonly NestedArray[] | null };
}

interface Place {
  readonly dtype: DType;
  readonly backend: Backend;
}

type Layer = RNN | LSTM | GRU;
type Lengths = readonly number[] | Tensor;
interface Result {
  readonly output: Tensor;
  readonly state: readonly Tensor[];
}
/** Runs a layer by one of the ways that must agree. */
type Route = (layer: Layer, x: Tensor, state: readonly Tensor[] | null, lengths: Lengths | undefined) => Result;

interface LayerCases {
  readonly layers: readonly LayerCase[];
  readonly lengths: readonly LayerCase[];
}

const file = golden<LayerCases & { readonly cells: readonly CellCase[] }>("goldens/recurrent.json", import.meta.url);
const bidirectional = golden<LayerCases>("goldens/bidirectional.json", import.meta.url);
const projection = golden<LayerCases>("goldens/projection.json", import.meta.url);
const full = [...file.layers, ...bidirectional.layers, ...projection.layers];
const ragged = [...file.lengths, ...bidirectional.lengths, ...projection.lengths];

function byName<C extends { readonly name: string }>(cases: readonly C[]): (readonly [name: string, golden: C])[] {
  return cases.map((golden) => [golden.name, golden]);
}

function makeLayer({ kind, options }: LayerCase, place: Place): Layer {
  const { inputSize, hiddenSize, ...rest } = options;
  return new { RNN, LSTM, GRU }[kind](inputSize, hiddenSize, { ...rest, ...place });
}

const forward: Route = (layer, x, state, lengths) => {
  const options = lengths === undefined ? {} : { lengths };
  if (layer instanceof LSTM) {
    const [output, last] = layer.forward(x, state ? [state[0], state[1]] : undefined, options);
    return { output, state: last };
  }
  const [output, last] = layer.forward(x, state?.[0], options);
  return { output, state: [last] };
};

/** Packed and padded again. */
const packed: Route = (layer, x, state, lengths) => {
  const { batchFirst } = layer;
  const sequence = packPadded(x, lengths as Lengths, { batchFirst, enforceSorted: false });
  const [output, last] =
    layer instanceof LSTM
      ? layer.forward(sequence, state ? [state[0], state[1]] : undefined)
      : layer.forward(sequence, state?.[0]);
  const [padded] = padPacked(output, { batchFirst, totalLength: x.shape[batchFirst ? 1 : 0] });
  return { output: padded, state: layer instanceof LSTM ? (last as readonly Tensor[]) : [last as Tensor] };
};

/** The stock cells, step by step: layouts and stacking by hand. */
const plainScan: Route = (layer, x, state, lengths) => {
  const batched = x.rank === 3;
  let sequence = batched ? (layer.batchFirst ? x.swapAxes(0, 1) : x) : x.unsqueeze(1);
  const ends = Array.isArray(lengths)
    ? tensor(lengths as number[], { dtype: "int32", backend: x.backend })
    : ((lengths as Tensor | undefined) ?? null);
  const last: Tensor[][] = [];
  const walk = (suffix: string, reverse: boolean): Tensor => {
    const weights = {
      weightIh: layer[`weight_ih_l${suffix}`],
      weightHh: layer[`weight_hh_l${suffix}`],
      biasIh: layer.bias ? layer[`bias_ih_l${suffix}`] : null,
      biasHh: layer.bias ? layer[`bias_hh_l${suffix}`] : null,
      weightHr: layer[`weight_hr_l${suffix}`] ?? null,
    };
    const index = last.length;
    const start = state?.map((part) => (batched ? part.select(0, index) : part.select(0, index).unsqueeze(0)));
    const options = { reverse, lengths: ends };
    let result: Result;
    if (layer instanceof LSTM) {
      const cell = lstmCell(weights);
      const begin = start ? ([start[0], start[1]] as const) : cell.zeroState(sequence.shape[1], sequence);
      result = stepThrough(cell, sequence, begin, options);
    } else {
      const cell = layer instanceof GRU ? gruCell(weights) : rnnCell(weights, layer.nonlinearity);
      const begin = start ? ([start[0]] as const) : cell.zeroState(sequence.shape[1], sequence);
      result = stepThrough(cell, sequence, begin, options);
    }
    last.push([...result.state]);
    return result.output;
  };
  for (let l = 0; l < layer.numLayers; l++) {
    const ahead = walk(`${l}`, false);
    sequence = layer.bidirectional ? concat([ahead, walk(`${l}_reverse`, true)], 2) : ahead;
  }
  return {
    output: batched ? (layer.batchFirst ? sequence.swapAxes(0, 1) : sequence) : sequence.squeeze(1),
    state: last[0].map((_, i) => {
      const all = stack(last.map((parts) => parts[i]));
      return batched ? all : all.squeeze(1);
    }),
  };
};

const routes: readonly (readonly [string, Backend, Route])[] = [
  ["fused kernels", cpu(), forward],
  ["core's decomposition", decomposed, forward],
  ["the plain scan", cpu(), plainScan],
];
// recurrent.json has nine digits, the others twelve
const nineDigits = new Set<LayerCase>([...file.layers, ...file.lengths]);
const precisions: readonly (readonly [DType, number])[] = [
  ["float32", 1e-5],
  ["float64", 1e-10],
];

function leaves(values: readonly NestedArray[] | null, place: Place): Tensor[] | null {
  return values?.map((value) => tensor(value, { ...place, requiresGrad: true })) ?? null;
}

function backward(outputs: readonly Tensor[], cotangents: readonly (NestedArray | null)[], place: Place): void {
  const parts = outputs.flatMap((y, i) => {
    const cotangent = cotangents[i];
    return cotangent === null || cotangent === undefined ? [] : [y.mul(tensor(cotangent, place)).sum()];
  });
  parts.reduce((a, b) => a.add(b)).backward();
}

function checkGradients(
  module: Module,
  x: Tensor,
  state: readonly Tensor[] | null,
  expected: Gradients,
  tolerance: number,
): void {
  expect(largestError(x.grad, expected.input), "input").toBeLessThan(tolerance);
  for (const [name, { grad }] of module.namedParameters())
    expect(largestError(grad, expected.parameters[name]), name).toBeLessThan(tolerance);
  state?.forEach(({ grad }, i) => {
    const wanted = (expected.initialState as readonly NestedArray[])[i];
    expect(largestError(grad, wanted), `initial state ${i}`).toBeLessThan(tolerance);
  });
}

function checkLayer(golden: LayerCase, route: Route, place: Place, lengths: Lengths | undefined, wanted: number) {
  const tolerance = nineDigits.has(golden) ? Math.max(wanted, 1e-8) : wanted;
  const layer = makeLayer(golden, place);
  expect(Object.keys(layer.stateDict())).toEqual(Object.keys(golden.stateDict));
  layer.loadStateDict(golden.stateDict);
  const x = tensor(golden.input, { ...place, requiresGrad: true });
  const state = leaves(golden.initialState, place);
  const result = route(layer, x, state, lengths);
  expect(largestError(result.output, golden.output), "output").toBeLessThan(tolerance);
  expect(result.state).toHaveLength(golden.finalState.length);
  result.state.forEach((part, i) => {
    expect(largestError(part, golden.finalState[i]), `final state ${i}`).toBeLessThan(tolerance);
  });
  const { output, finalState } = golden.cotangents;
  backward([result.output, ...result.state], [output, ...(finalState ?? [])], place);
  checkGradients(layer, x, state, golden.gradients, tolerance);
}

describe.each(precisions)("as PyTorch, in %s to %d", (dtype, tolerance) => {
  describe.each(routes)("by %s", (_name, backend, route) => {
    const place = { dtype, backend };

    test.each(byName([...full, ...ragged]))("%s", (_name, golden) => {
      checkLayer(golden, route, place, golden.lengths, tolerance);
    });

    test.each(byName(ragged))("%s, given as a tensor", (_name, golden) => {
      const lengths = tensor(golden.lengths as number[], { dtype: "int32", backend });
      checkLayer(golden, route, place, lengths, tolerance);
    });
  });

  describe.each([cpu(), decomposed])("packed on $name", (backend) => {
    test.each(byName(ragged))("%s", (_name, golden) => {
      checkLayer(golden, packed, { dtype, backend }, golden.lengths, tolerance);
    });
  });

  describe.each([cpu(), decomposed])("on $name", (backend) => {
    test.each(byName(file.cells))("%s", (_name, golden) => {
      const { kind, options, stateDict, input, initialState, finalState } = golden;
      const place = { dtype, backend };
      const nineDigitTolerance = Math.max(tolerance, 1e-8);
      const { inputSize, hiddenSize, ...rest } = options;
      const cell = new { RNNCell, LSTMCell, GRUCell }[kind](inputSize, hiddenSize, { ...rest, ...place });
      expect(Object.keys(cell.stateDict())).toEqual(Object.keys(stateDict));
      cell.loadStateDict(stateDict);
      const x = tensor(input, { ...place, requiresGrad: true });
      const state = leaves(initialState, place);
      const last =
        cell instanceof LSTMCell
          ? cell.forward(x, state ? [state[0], state[1]] : undefined)
          : [cell.forward(x, state?.[0])];
      expect(last).toHaveLength(finalState.length);
      last.forEach((part, i) => {
        expect(largestError(part, finalState[i]), `state ${i}`).toBeLessThan(nineDigitTolerance);
      });
      backward(last, golden.cotangents.finalState, place);
      checkGradients(cell, x, state, golden.gradients, nineDigitTolerance);
    });
  });
});
