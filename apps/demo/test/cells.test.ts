import { cpu } from "@unrolled/backend-cpu";
import { Generator, noGrad, tensor } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { unitByHand } from "../src/cells/by-hand.js";
import type { CellKind, LayerWeights } from "../src/cells/cell-kind.js";
import { cellKinds } from "../src/cells/index.js";
import { createLayers } from "../src/cells/layers.js";
import { type Quantity, walkLayer } from "../src/cells/walk.js";
import "./support/session.js";

interface Size {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly steps: number;
  readonly bias: boolean;
}

const sizes: readonly Size[] = [
  { inputSize: 1, hiddenSize: 1, numLayers: 1, steps: 1, bias: true },
  { inputSize: 1, hiddenSize: 6, numLayers: 1, steps: 20, bias: false },
  { inputSize: 3, hiddenSize: 5, numLayers: 2, steps: 7, bias: true },
  { inputSize: 2, hiddenSize: 17, numLayers: 3, steps: 40, bias: false },
  { inputSize: 28, hiddenSize: 64, numLayers: 2, steps: 30, bias: true },
];

const sequence = ({ steps, inputSize }: Size): Float32Array =>
  Float32Array.from({ length: steps * inputSize }, (_, i) => 2 * Math.sin(0.7 * i) + Math.cos(1.9 * i));

/** The walk of every layer, each reading the states of the one below. */
function walk(
  kind: CellKind,
  size: Size,
): { layers: (readonly Quantity[])[]; weights: LayerWeights[]; y: Float32Array; last: Float32Array[] } {
  const { inputSize, hiddenSize, numLayers, steps, bias } = size;
  const backend = cpu();
  const net = createLayers(kind, inputSize, hiddenSize, { numLayers, bias, generator: new Generator(7), backend });
  const x = sequence(size);
  const [y, state] = noGrad(() => net.forward(tensor(x, { shape: [1, steps, inputSize], backend })));
  const read = (name: string): Float32Array => net.getParameter(name).dataSync() as Float32Array;
  const layers: (readonly Quantity[])[] = [];
  const weights: LayerWeights[] = [];
  let reading: ArrayLike<number> = x;
  for (let layer = 0; layer < numLayers; layer++) {
    weights.push({
      inputSize: layer === 0 ? inputSize : hiddenSize,
      hiddenSize,
      weightIh: read(`weight_ih_l${layer}`),
      weightHh: read(`weight_hh_l${layer}`),
      biasIh: bias ? read(`bias_ih_l${layer}`) : null,
      biasHh: bias ? read(`bias_hh_l${layer}`) : null,
    });
    layers.push(walkLayer(kind, weights[layer], reading, steps));
    reading = valuesOf(layers[layer], "h");
  }
  const parts = Array.isArray(state) ? state : [state];
  return {
    layers,
    weights,
    y: y.dataSync() as Float32Array,
    last: parts.map((part) => part.dataSync() as Float32Array),
  };
}

const valuesOf = (quantities: readonly Quantity[], symbol: string): Float64Array =>
  (quantities.find((one) => one.symbol === symbol) as Quantity).values;

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

describe.each(cellKinds)("$label", (kind) => {
  test.each(sizes)("a walk gives the states of the library's own layers: %o", (size) => {
    const { layers, y, last } = walk(kind, size);
    const { hiddenSize, steps } = size;
    const h = valuesOf(layers[layers.length - 1], "h");
    expect(h).toHaveLength(y.length);
    expect(furthest(h, y)).toBeLessThanOrEqual(1e-6);
    for (const [part, name] of kind.stateNames.entries())
      for (const [layer, quantities] of layers.entries())
        expect(
          furthest(
            valuesOf(quantities, name).subarray((steps - 1) * hiddenSize),
            last[part].subarray(layer * hiddenSize, (layer + 1) * hiddenSize),
          ),
        ).toBeLessThanOrEqual(1e-6);
  });

  test.each(sizes)("by hand, every unit of every step has the walk's numbers: %o", (size) => {
    const { layers, weights } = walk(kind, size);
    const { hiddenSize, steps } = size;
    for (const [layer, quantities] of layers.entries()) {
      const reading = layer === 0 ? sequence(size) : valuesOf(layers[layer - 1], "h");
      const { inputSize } = weights[layer];
      for (let t = 0; t < steps; t++) {
        const x = Array.from({ length: inputSize }, (_, k) => reading[t * inputSize + k]);
        const state = kind.stateNames.map((name) =>
          Array.from({ length: hiddenSize }, (_, k) =>
            t === 0 ? 0 : valuesOf(quantities, name)[(t - 1) * hiddenSize + k],
          ),
        );
        for (let unit = 0; unit < hiddenSize; unit++) {
          const hand = unitByHand(kind, weights[layer], x, state, unit);
          for (const { symbol, value } of [...hand.gates, ...hand.lines])
            expect(value).toBe(valuesOf(quantities, symbol.replace("'", ""))[t * hiddenSize + unit]);
        }
      }
    }
  });

  test("the products add up to the sum, and the expressions to their lines", () => {
    const size: Size = { inputSize: 3, hiddenSize: 5, numLayers: 1, steps: 2, bias: true };
    const { weights } = walk(kind, size);
    const [x, state] = [[0.3, -1.2, 0.8], kind.stateNames.map((_, part) => [0.1, -0.2, 0.3, -0.4, 0.5 + part])];
    for (let unit = 0; unit < 5; unit++) {
      const { gates, lines } = unitByHand(kind, weights[0], x, state, unit);
      for (const gate of gates) {
        const dot = ({ weights: row, factors }: typeof gate.input): number =>
          row.reduce((sum, weight, k) => sum + weight * factors[k], 0);
        const fromState = dot(gate.state) + (gate.biasHh ?? 0);
        const sum = dot(gate.input) + (gate.biasIh ?? 0) + (gate.stateFactor?.value ?? 1) * fromState;
        expect(gate.sum).toBeCloseTo(sum, 12);
        expect(gate.value).toBeCloseTo(gate.activation === "tanh" ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum)), 12);
      }
      for (const { expression, numbers, value } of lines) {
        const written = expression.replace(/\{([^}]+)\}/g, (_, name: string) => `(${numbers[name]})`);
        expect(new Function("tanh", `return ${written}`)(Math.tanh)).toBeCloseTo(value, 12);
      }
    }
  });
});
