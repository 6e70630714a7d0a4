import type { Activation, CellKind, LayerWeights } from "./cell-kind.js";
import { gateFormula, madeSymbol, readable, stepUnit } from "./walk.js";

/** One row of a matrix and the vector that it is multiplied with. */
export interface Products {
  /** Of the row, from 0. */
  readonly row: number;
  readonly weights: Float64Array;
  readonly factors: Float64Array;
}

/** What happens inside of one gate for one unit. */
export interface GateByHand {
  /** With a prime where the gate's value is the new state itself. */
  readonly symbol: string;
  readonly label: string;
  readonly meaning: string;
  readonly formula: string;
  readonly input: Products;
  readonly biasIh: number | null;
  readonly state: Products;
  readonly biasHh: number | null;
  /** A gate that the part of h, bias included, is multiplied with before it is added; null: none. */
  readonly stateFactor: { readonly symbol: string; readonly value: number } | null;
  /** What the activation acts on. */
  readonly sum: number;
  readonly activation: Activation;
  readonly value: number;
}

/** Such as c' = f · c + i · g. */
export interface LineByHand {
  readonly symbol: string;
  readonly label: string;
  readonly meaning: string;
  readonly formula: string;
  /** With {symbol} for numbers. */
  readonly expression: string;
  /** The number of each symbol in the expression. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly value: number;
}

/** One unit of one time step, gate by gate, and then the lines that make the new state of the gates. */
export interface UnitByHand {
  readonly unit: number;
  readonly gates: readonly GateByHand[];
  readonly lines: readonly LineByHand[];
}

/** One unit of one step with all its products. `state` has the parts of `stateNames`, each [hiddenSize]. */
export function unitByHand(
  kind: CellKind,
  weights: LayerWeights,
  x: ArrayLike<number>,
  state: readonly ArrayLike<number>[],
  unit: number,
): UnitByHand {
  const { inputSize, hiddenSize, weightIh, weightHh, biasIh, biasHh } = weights;
  const { gates, values } = stepUnit(kind, weights, x, 0, state, unit);
  const products = (matrix: Float32Array, row: number, size: number, factors: ArrayLike<number>): Products => ({
    row,
    weights: Float64Array.from(matrix.subarray(row * size, (row + 1) * size)),
    factors: Float64Array.from(factors),
  });
  return {
    unit,
    gates: kind.gates.map((gate, index): GateByHand => {
      const row = index * hiddenSize + unit;
      const { stateFactor } = gate;
      return {
        symbol: madeSymbol(kind, gate.symbol),
        label: gate.label,
        meaning: gate.meaning,
        formula: gateFormula(kind, gate, biasIh !== null),
        input: products(weightIh, row, inputSize, x),
        biasIh: biasIh?.[row] ?? null,
        state: products(weightHh, row, hiddenSize, state[0]),
        biasHh: biasHh?.[row] ?? null,
        stateFactor: stateFactor === undefined ? null : { symbol: stateFactor, value: values[stateFactor] },
        sum: gates[index].sum,
        activation: gate.activation,
        value: gates[index].value,
      };
    }),
    lines: kind.lines.map(({ symbol, label, meaning, expression }): LineByHand => {
      const made = madeSymbol(kind, symbol);
      const used = [...expression.matchAll(/\{([^}]+)\}/g)].map(([, name]) => [name, values[name]] as const);
      return {
        symbol: made,
        label,
        meaning,
        formula: `${made} = ${readable(expression)}`,
        expression,
        numbers: Object.fromEntries(used),
        value: values[made],
      };
    }),
  };
}
