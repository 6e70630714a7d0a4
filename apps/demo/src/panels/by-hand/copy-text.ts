import type { StepByHand } from "../../session/look.js";
import type { Digits } from "../shared/digits.js";
import { stepWords } from "../shared/step-words.js";
import {
  type PaperGate,
  type PaperLine,
  type PaperReadout,
  readoutOnPaper,
  type Term,
  unitOnPaper,
  withNumbers,
} from "./paper.js";

const productsOf = (terms: readonly Term[]): string[] => terms.map(({ factor, weight }) => `${factor} * ${weight}`);
const present = (parts: readonly (string | null)[]): string => parts.filter((part) => part !== null).join(" + ");

function gateExpression({ gate, input, biasIh, state, biasHh, stateFactor }: PaperGate): string {
  const fromState = present([...productsOf(state), biasHh]);
  const second = stateFactor === null ? fromState : `${stateFactor.value} * (${fromState})`;
  return `${gate.activation}(${present([...productsOf(input), biasIh, second])})`;
}

/** The result on paper, and the network's where the digits shown tell them apart. */
function results(value: number, network: number, { result }: Digits): string[] {
  const [onPaper, inNetwork] = [result(value), result(network)];
  return [`  = ${onPaper}`, ...(onPaper === inNetwork ? [] : [`  (in the network, unrounded: ${inNetwork})`])];
}

const gateText = (paper: PaperGate, digits: Digits): string[] => [
  `${paper.gate.label}, unit's row ${paper.gate.input.row + 1} of the weights`,
  paper.gate.formula,
  `  = ${gateExpression(paper)}`,
  `  = ${paper.gate.activation}(${digits.product(paper.sum)})`,
  ...results(paper.value, paper.gate.value, digits),
];

const lineText = ({ line, numbers, value }: PaperLine, digits: Digits): string[] => [
  line.label,
  line.formula,
  `  = ${withNumbers(line.expression, numbers)}`,
  ...results(value, line.value, digits),
];

function readoutText({ readout, terms, bias, value }: PaperReadout, hiddenSize: number, digits: Digits): string[] {
  if (readout.products === null)
    return ["prediction", `prediction = h' of unit ${hiddenSize}`, ...results(value, readout.value, digits)];
  const name = readout.outputSize === 1 ? "prediction" : `output ${readout.output + 1}`;
  return [
    `${name}, row ${readout.output + 1} of head.weight`,
    `${name} = h'·W_head${bias === null ? "" : " + b_head"}`,
    `  = ${present([...productsOf(terms), bias])}`,
    ...results(value, readout.value, digits),
  ];
}

/** One step as plain text. Every line that begins with "=" is an expression that a calculator takes. */
export function stepAsText(step: StepByHand, digits: Digits): string {
  const numbers = (values: ArrayLike<number>): string => Array.from(values, digits.factor).join(", ");
  const blocks: string[][] = [
    [
      `${step.cell}, layer ${step.layer + 1}, step ${stepWords(step.step, step.stepLabel, step.steps)}, example: ${step.exampleLabel}`,
      `Numbers with ${digits.label}; each result is what the numbers before it give.`,
      "sigmoid(a) = 1 / (1 + exp(-a))",
      `x = (${numbers(step.x)})`,
      ...step.before.map(({ symbol, values }) => `${symbol} = (${numbers(values)})`),
    ],
  ];
  for (const unit of step.units) {
    const paper = unitOnPaper(unit, digits);
    blocks.push([`--- Unit ${unit.unit + 1} ---`]);
    blocks.push(...paper.gates.map((gate) => gateText(gate, digits)));
    blocks.push(...paper.lines.map((line) => lineText(line, digits)));
  }
  if (step.readout)
    blocks.push(["--- Readout ---"], readoutText(readoutOnPaper(step.readout, digits), step.hiddenSize, digits));
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}
