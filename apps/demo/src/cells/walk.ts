import type { Activation, CellKind, GateKind, LayerWeights } from "./cell-kind.js";

/** Something that the cell computes in each time step: a gate, a candidate, a state. */
export interface Quantity {
  readonly symbol: string;
  readonly label: string;
  readonly meaning: string;
  readonly formula: string;
  /** Carried from step to step, not made anew in each. */
  readonly isState: boolean;
  /** Smallest and largest value that it can have; null: no limit. */
  readonly range: readonly [low: number, high: number] | null;
  /** [steps, hiddenSize] */
  readonly values: Float64Array;
}

/** The parts of one unit's gate. */
export interface GateValue {
  /** x W_ih^T + b_ih */
  readonly fromInput: number;
  /** h W_hh^T + b_hh */
  readonly fromState: number;
  /** What the activation acts on. */
  readonly sum: number;
  readonly value: number;
}

export interface UnitStep {
  readonly gates: readonly GateValue[];
  /** Gates, states before and, with a prime, after the step. */
  readonly values: Readonly<Record<string, number>>;
}

export const activate: Readonly<Record<Activation, (sum: number) => number>> = {
  tanh: Math.tanh,
  sigmoid: (sum) => 1 / (1 + Math.exp(-sum)),
};

/** What is made has a prime where it takes the place of a state. */
export const madeSymbol = ({ stateNames }: CellKind, symbol: string): string =>
  stateNames.includes(symbol) ? `${symbol}'` : symbol;

/** Both are multiplied with the factors from `factorsFrom` on and summed up: one row of a matrix times a vector. */
function rowTimes(
  matrix: Float32Array,
  row: number,
  size: number,
  factors: ArrayLike<number>,
  factorsFrom: number,
): number {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += matrix[row * size + k] * factors[factorsFrom + k];
  return sum;
}

/** One unit of one step, in doubles; x begins at `xFrom`. `state` has the parts of `stateNames`, each [hiddenSize]. */
export function stepUnit(
  kind: CellKind,
  weights: LayerWeights,
  x: ArrayLike<number>,
  xFrom: number,
  state: readonly ArrayLike<number>[],
  unit: number,
): UnitStep {
  const { inputSize, hiddenSize, weightIh, weightHh, biasIh, biasHh } = weights;
  const values: Record<string, number> = {};
  for (const [part, name] of kind.stateNames.entries()) values[name] = state[part][unit];
  const gates = kind.gates.map((gate, index): GateValue => {
    const row = index * hiddenSize + unit;
    const fromInput = rowTimes(weightIh, row, inputSize, x, xFrom) + (biasIh?.[row] ?? 0);
    const fromState = rowTimes(weightHh, row, hiddenSize, state[0], 0) + (biasHh?.[row] ?? 0);
    const sum = fromInput + (gate.stateFactor === undefined ? fromState : values[gate.stateFactor] * fromState);
    const value = activate[gate.activation](sum);
    values[madeSymbol(kind, gate.symbol)] = value;
    return { fromInput, fromState, sum, value };
  });
  for (const line of kind.lines) values[madeSymbol(kind, line.symbol)] = line.value(values);
  return { gates, values };
}

const activationRange = { tanh: [-1, 1], sigmoid: [0, 1] } as const;

export function gateFormula(kind: CellKind, { symbol, activation, stateFactor }: GateKind, bias: boolean): string {
  const [fromInput, fromState] = bias ? ["x·W_ih + b_ih", "h·W_hh + b_hh"] : ["x·W_ih", "h·W_hh"];
  const scaled = stateFactor === undefined ? fromState : `${stateFactor} · (${fromState})`;
  return `${madeSymbol(kind, symbol)} = ${activation}(${fromInput} + ${scaled})`;
}

/** An expression of the registry for the eye: {f} * {c} as f · c. */
export const readable = (expression: string): string => expression.replace(/[{}]/g, "").replaceAll(" * ", " · ");

/** All that a layer computes over x [steps, inputSize] from states of zeros, in doubles from its float32 weights. */
export function walkLayer(
  kind: CellKind,
  weights: LayerWeights,
  x: ArrayLike<number>,
  steps: number,
): readonly Quantity[] {
  const { inputSize, hiddenSize } = weights;
  const inputs = Float64Array.from(x); // one kind of array through all loops is quick
  const empty = (): Float64Array => new Float64Array(steps * hiddenSize);
  const quantities: Quantity[] = [
    ...kind.gates.map(
      (gate): Quantity => ({
        symbol: gate.symbol,
        label: gate.label,
        meaning: gate.meaning,
        formula: gateFormula(kind, gate, weights.biasIh !== null),
        isState: kind.stateNames.includes(gate.symbol),
        range: activationRange[gate.activation],
        values: empty(),
      }),
    ),
    ...kind.lines.map(
      ({ symbol, label, meaning, expression, range }): Quantity => ({
        symbol,
        label,
        meaning,
        formula: `${madeSymbol(kind, symbol)} = ${readable(expression)}`,
        isState: kind.stateNames.includes(symbol),
        range,
        values: empty(),
      }),
    ),
  ];
  let state = kind.stateNames.map(() => new Float64Array(hiddenSize));
  const made = quantities.map(({ symbol }) => madeSymbol(kind, symbol));
  for (let t = 0; t < steps; t++) {
    const next = kind.stateNames.map(() => new Float64Array(hiddenSize));
    for (let unit = 0; unit < hiddenSize; unit++) {
      const { values } = stepUnit(kind, weights, inputs, t * inputSize, state, unit);
      for (const [i, { values: all }] of quantities.entries()) all[t * hiddenSize + unit] = values[made[i]];
      for (const [part, name] of kind.stateNames.entries()) next[part][unit] = values[`${name}'`];
    }
    state = next;
  }
  return quantities;
}
