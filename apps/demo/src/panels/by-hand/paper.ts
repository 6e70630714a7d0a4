import type { GateByHand, LineByHand, Products, UnitByHand } from "../../cells/by-hand.js";
import type { ReadoutByHand } from "../../session/look.js";
import type { Digits } from "../shared/digits.js";

/** A product of numbers as they are written. */
export interface Term {
  /** Such as "h". */
  readonly name: string;
  /** Of the factor in its vector and of the weight in its row, from 0. */
  readonly index: number;
  readonly factor: string;
  readonly weight: string;
  readonly product: number;
}

export interface PaperGate {
  readonly gate: GateByHand;
  readonly input: readonly Term[];
  readonly biasIh: string | null;
  readonly state: readonly Term[];
  readonly biasHh: string | null;
  readonly stateFactor: { readonly symbol: string; readonly value: string } | null;
  /** x W_ih^T + b_ih of the numbers as written; so are the others. */
  readonly fromInput: number;
  readonly fromState: number;
  readonly sum: number;
  readonly value: number;
}

export interface PaperLine {
  readonly line: LineByHand;
  readonly numbers: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A unit's step as done with a pencil: every number rounded first, results made of the rounded numbers. */
export interface PaperUnit {
  readonly unit: number;
  readonly gates: readonly PaperGate[];
  readonly lines: readonly PaperLine[];
}

export interface PaperReadout {
  readonly readout: ReadoutByHand;
  readonly terms: readonly Term[];
  readonly bias: string | null;
  readonly value: number;
}

const termsOf = (name: string, { weights, factors }: Products, { factor }: Digits): Term[] =>
  Array.from(weights, (weight, index): Term => {
    const [a, b] = [factor(factors[index]), factor(weight)];
    return { name, index, factor: a, weight: b, product: Number(a) * Number(b) };
  });

export const sumOf = (terms: readonly Term[]): number => terms.reduce((sum, { product }) => sum + product, 0);

const activations = { tanh: Math.tanh, sigmoid: (a: number) => 1 / (1 + Math.exp(-a)) };

export function unitOnPaper({ unit, gates, lines }: UnitByHand, digits: Digits): PaperUnit {
  const made = new Map<string, string>();
  const written = (symbol: string, value: number): string => made.get(symbol) ?? digits.factor(value);
  const paperGates = gates.map((gate): PaperGate => {
    const [input, state] = [termsOf("x", gate.input, digits), termsOf("h", gate.state, digits)];
    const [biasIh, biasHh] = [gate.biasIh, gate.biasHh].map((bias) => (bias === null ? null : digits.factor(bias)));
    const stateFactor = gate.stateFactor && {
      symbol: gate.stateFactor.symbol,
      value: written(gate.stateFactor.symbol, gate.stateFactor.value),
    };
    const fromInput = sumOf(input) + Number(biasIh ?? 0);
    const fromState = sumOf(state) + Number(biasHh ?? 0);
    const sum = fromInput + Number(stateFactor?.value ?? 1) * fromState;
    const value = activations[gate.activation](sum);
    made.set(gate.symbol, digits.factor(value));
    return { gate, input, biasIh, state, biasHh, stateFactor, fromInput, fromState, sum, value };
  });
  const paperLines = lines.map((line): PaperLine => {
    const numbers = Object.fromEntries(
      Object.entries(line.numbers).map(([name, value]) => [name, written(name, value)] as const),
    );
    const value = evaluate(withNumbers(line.expression, numbers));
    made.set(line.symbol, digits.factor(value));
    return { line, numbers, value };
  });
  return { unit, gates: paperGates, lines: paperLines };
}

export function readoutOnPaper(readout: ReadoutByHand, digits: Digits): PaperReadout {
  if (readout.products === null) return { readout, terms: [], bias: null, value: readout.value };
  const terms = termsOf("h'", readout.products, digits);
  const bias = readout.bias === null ? null : digits.factor(readout.bias);
  return { readout, terms, bias, value: sumOf(terms) + Number(bias ?? 0) };
}

export const withNumbers = (expression: string, numbers: Readonly<Record<string, string>>): string =>
  expression.replace(/\{([^}]+)\}/g, (_, name: string) => numbers[name]);

/** Sums, differences and products of numbers, with brackets, tanh and sigmoid. */
export function evaluate(expression: string): number {
  const tokens = expression.match(/\d+(?:\.\d+)?(?:e[-+]?\d+)?|[a-z]+|[-+*()]/g) ?? [];
  let at = 0;
  const sum = (): number => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-") value += tokens[at++] === "+" ? product() : -product();
    return value;
  };
  const product = (): number => {
    let value = factor();
    while (tokens[at] === "*") {
      at++;
      value *= factor();
    }
    return value;
  };
  const factor = (): number => {
    const token = tokens[at++];
    if (token === "-") return -factor();
    if (token === "(") {
      const value = sum();
      at++; // the bracket that closes
      return value;
    }
    if (token === "tanh" || token === "sigmoid") return activations[token](factor());
    return Number(token);
  };
  return sum();
}
