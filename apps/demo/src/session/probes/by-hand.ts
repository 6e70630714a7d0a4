import { type UnitByHand, unitByHand } from "../../cells/by-hand.js";
import { cellKind } from "../../cells/index.js";
import { gateFormula, madeSymbol, readable, stepUnit } from "../../cells/walk.js";
import type { TaskRun } from "../../tasks/task.js";
import type { ByHandWant, NamedNumbers, PartsOfGate, ReadoutByHand, StepByHand } from "../look.js";
import type { DemoModel } from "../model.js";
import type { Settings } from "../settings.js";
import { exampleOf, layerWeights, valuesOf, type Walks } from "./trace.js";

const within = (index: number, count: number): number => Math.max(0, Math.min(count - 1, Math.round(index)));

/** The row of a matrix [steps, size] as a vector of its own; zeros before the first. */
const rowOf = (values: ArrayLike<number>, step: number, size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, k) => (step < 0 ? 0 : values[step * size + k]));

/** One time step of one layer with every number in it. */
export function byHand(model: DemoModel, run: TaskRun, settings: Settings, want: ByHandWant, walks: Walks): StepByHand {
  const example = exampleOf(run, want.example);
  const kind = cellKind(settings.cell);
  const { hiddenSize, numLayers } = settings;
  const [layer, step] = [within(want.layer, numLayers), within(want.step, example.steps)];
  const { input, layers, output } = walks(want.example);
  const weights = layerWeights(model, layer);
  const x = rowOf(layer === 0 ? input : valuesOf(layers[layer - 1], "h"), step, weights.inputSize);
  const before = kind.stateNames.map((name) => rowOf(valuesOf(layers[layer], name), step - 1, hiddenSize));
  const steps = Array.from({ length: hiddenSize }, (_, unit) => stepUnit(kind, weights, x, 0, before, unit));
  const column = (read: (unit: number) => number): Float64Array =>
    Float64Array.from({ length: hiddenSize }, (_, unit) => read(unit));
  const hand = (unit: number): UnitByHand => unitByHand(kind, weights, x, before, unit);
  const units =
    want.unit === "all"
      ? Array.from({ length: hiddenSize }, (_, unit) => hand(unit))
      : want.unit === null
        ? []
        : [hand(within(want.unit, hiddenSize))];
  return {
    example: want.example,
    exampleLabel: example.label,
    layer,
    step,
    steps: example.steps,
    stepLabel: example.stepLabels[step],
    cell: kind.label,
    hiddenSize,
    token: example.x instanceof Int32Array ? example.x[step] : null,
    x,
    before: kind.stateNames.map((name, part): NamedNumbers => ({ symbol: name, values: before[part] })),
    gates: kind.gates.map(
      (gate, i): PartsOfGate => ({
        symbol: madeSymbol(kind, gate.symbol),
        label: gate.label,
        activation: gate.activation,
        formula: gateFormula(kind, gate, weights.biasIh !== null),
        stateFactor: gate.stateFactor ?? null,
        fromInput: column((unit) => steps[unit].gates[i].fromInput),
        fromState: column((unit) => steps[unit].gates[i].fromState),
        sum: column((unit) => steps[unit].gates[i].sum),
        values: column((unit) => steps[unit].gates[i].value),
      }),
    ),
    lines: kind.lines.map(({ symbol, label, expression }) => {
      const made = madeSymbol(kind, symbol);
      return {
        symbol: made,
        label,
        formula: `${made} = ${readable(expression)}`,
        values: column((unit) => steps[unit].values[made]),
      };
    }),
    units,
    readout: layer === numLayers - 1 ? readout(model, run, output, steps, step, want.output) : null,
  };
}

function readout(
  model: DemoModel,
  run: TaskRun,
  outputs: Float32Array,
  steps: readonly { readonly values: Readonly<Record<string, number>> }[],
  step: number,
  wanted: number,
): ReadoutByHand {
  const { outputSize } = run.shape;
  const h = Float64Array.from(steps, ({ values }) => values["h'"]);
  const network = rowOf(outputs, step, outputSize);
  const likeliest = run.objective === "crossEntropy" ? network.indexOf(Math.max(...network)) : 0;
  const output = wanted < 0 ? likeliest : within(wanted, outputSize);
  const { head } = model;
  if (head === null)
    return {
      output,
      outputSize,
      objective: run.objective,
      products: null,
      bias: null,
      value: h[h.length - 1],
      network,
    };
  const row = Float64Array.from(head.weight.dataSync().subarray(output * h.length, (output + 1) * h.length));
  const bias = head.bias ? Number(head.bias.dataSync()[output]) : null;
  const value = row.reduce((sum, weight, k) => sum + weight * h[k], 0) + (bias ?? 0);
  const products = { row: output, weights: row, factors: h };
  return { output, outputSize, objective: run.objective, products, bias, value, network };
}
