import { expect, test } from "vitest";
import { cellKinds } from "../src/cells/index.js";
import { stepAsText } from "../src/panels/by-hand/copy-text.js";
import { evaluate } from "../src/panels/by-hand/paper.js";
import { allDigits, type Digits, digitChoices, fourDecimals } from "../src/panels/shared/digits.js";
import type { StepByHand } from "../src/session/look.js";
import { openSession, stateOf } from "./support/session.js";

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
/** Not the page's own arithmetic: the text is given to JavaScript. */
const calculate = (expression: string): number =>
  new Function("tanh", "sigmoid", `return ${expression}`)(Math.tanh, sigmoid) as number;

/** Lines that follow each other and begin with "=" say the same; all must be what the last one says. */
function disagreements(text: string, unitOfLastDigit: number): string[] {
  const wrong: string[] = [];
  let chain: string[] = [];
  let chains = 0;
  for (const line of [...text.split("\n"), ""]) {
    if (line.startsWith("  = ")) chain.push(line.slice(4));
    else if (chain.length > 0) {
      const last = Number(chain.at(-1));
      chains++;
      for (const one of chain)
        if (!(Math.abs(calculate(one) - last) <= unitOfLastDigit))
          wrong.push(`${one} is ${calculate(one)}, not ${last}`);
      chain = [];
    }
  }
  expect(chains).toBeGreaterThan(0);
  return wrong;
}

const lastDigit = (digits: Digits): number => (digits === fourDecimals ? 1e-6 : 1e-7);

async function stepOf(cell: string, numLayers: number, layer: number): Promise<StepByHand> {
  const session = await openSession(stateOf("elman-sine", { cell, numLayers, hiddenSize: 5 }, 100));
  const { byHand } = await session.look({ byHand: { example: 0, layer, step: 4, unit: "all", output: 0 } });
  return byHand as StepByHand;
}

test.each(cellKinds.flatMap(({ id }) => [1, 2].map((layers) => [id, layers] as const)))(
  "the copied text of %s in layer %i gives its own results again",
  async (cell, layers) => {
    const step = await stepOf(cell, layers, layers - 1);
    for (const digits of digitChoices) {
      const text = stepAsText(step, digits);
      expect(disagreements(text, lastDigit(digits))).toEqual([]);
      expect(text.match(/--- Unit/g)).toHaveLength(5);
    }
    expect(stepAsText(step, allDigits)).toContain(`prediction = h'·W_head`);
  },
);

test("a step of layer 2 reads the hidden states of layer 1, and the prediction is the network's", async () => {
  const session = await openSession(stateOf("elman-sine", { cell: "lstm", numLayers: 2 }, 50));
  const at = { example: 0, step: 7, unit: null, output: 0 };
  const { byHand: below } = await session.look({ byHand: { ...at, layer: 0 } });
  const { byHand: above, trace } = await session.look({ byHand: { ...at, layer: 1 }, trace: { example: 0 } });
  expect(below?.readout).toBeNull();
  expect(above?.x).toEqual(below?.lines.find(({ symbol }) => symbol === "h'")?.values);
  expect(above?.readout?.value).toBeCloseTo(trace!.output[7], 6);
  expect(above?.before.map(({ symbol }) => symbol)).toEqual(["h", "c"]);
});

test("before the first step the states are zeros, and what is out of reach is the nearest that is there", async () => {
  const session = await openSession(stateOf("elman-sine"));
  const { byHand } = await session.look({ byHand: { example: 9, layer: 5, step: -3, unit: 99, output: 7 } });
  expect(byHand).toMatchObject({ layer: 0, step: 0, steps: 20 });
  expect(byHand?.before[0].values.every((value) => value === 0)).toBe(true);
  expect(byHand?.units.map(({ unit }) => unit)).toEqual([5]);
});

test("expressions are computed as everywhere else", () => {
  expect(evaluate("(1 - 0.25) * -2 + tanh(0.5 - -1) * sigmoid(3) - 1.5e-3")).toBe(
    calculate("(1 - 0.25) * -2 + tanh(0.5 - -1) * sigmoid(3) - 1.5e-3"),
  );
});
