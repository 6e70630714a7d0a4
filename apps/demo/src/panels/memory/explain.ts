import type { GateByHand, Products, UnitByHand } from "../../cells/by-hand.js";
import { fourDecimals, onScreen } from "../shared/digits.js";

const mostProducts = 6;
const number = (value: number): string => onScreen(fourDecimals.factor(value));
const inSum = (value: number): string => (value < 0 ? `(${number(value)})` : number(value));

/** The products one by one where they are few, else their sum. */
function sumOf({ weights, factors }: Products, name: string): string {
  if (weights.length <= mostProducts)
    return Array.from(weights, (weight, k) => `${inSum(factors[k])} · ${inSum(weight)}`).join(" + ");
  const sum = weights.reduce((total, weight, k) => total + weight * factors[k], 0);
  return `${inSum(sum)} [${weights.length} products of ${name}]`;
}

function gateInNumbers(gate: GateByHand): string {
  const withBias = (sum: string, bias: number | null): string => (bias === null ? sum : `${sum} + ${inSum(bias)}`);
  const fromState = withBias(sumOf(gate.state, "h"), gate.biasHh);
  const second = gate.stateFactor === null ? fromState : `${number(gate.stateFactor.value)} · (${fromState})`;
  return `${gate.activation}(${withBias(sumOf(gate.input, "x"), gate.biasIh)} + ${second})`;
}

/** The formula of a unit's quantity with four decimals of its numbers put in; null where the unit computes no such thing. */
export function inNumbers({ gates, lines }: UnitByHand, symbol: string): string | null {
  const isIt = (made: { readonly symbol: string }): boolean => made.symbol.replace("'", "") === symbol;
  const gate = gates.find(isIt);
  if (gate) return gateInNumbers(gate);
  const line = lines.find(isIt);
  if (!line) return null;
  return line.expression
    .replace(/\{([^}]+)\}/g, (_, name: string) => inSum(line.numbers[name]))
    .replace(/\(\(([^()]*)\)\)/g, "($1)")
    .replaceAll(" * ", " · ")
    .replaceAll(" - ", " − ");
}
