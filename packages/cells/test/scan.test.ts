import type { Backend } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  type Cell,
  GRUCell,
  gruCell,
  lstmCell,
  rnnCell,
  type SequenceOptions,
  scan,
  stepThrough,
} from "@unrolled/cells";
import { concat, Generator, gradCheck, randn, setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

const dtype = "float64";
const draw = (shape: readonly number[], seed: number, backend: Backend = cpu()): Tensor =>
  randn(shape, { dtype, backend, std: 0.6, generator: new Generator(seed) });
const error = (a: Tensor, b: Tensor): number => largestError(a, b.toArray());
const joined = (parts: readonly Tensor[]): Tensor => concat(parts.map((part) => part.flatten()));

/** A leaky unit with a readout: what a user writes. */
function leaky(w: Tensor, v: Tensor): Cell<readonly [h: Tensor]> {
  return {
    zeroState: (batch, { dtype, backend }) => [zeros([batch, w.shape[1]], { dtype, backend })],
    step: (x, [h]) => {
      const next = h.mul(0.9).add(x.matmul(w)).tanh();
      return { output: next.matmul(v), state: [next] };
    },
  };
}

const walks: readonly (readonly [string, { reverse?: boolean; lengths?: number[] }])[] = [
  ["forward", {}],
  ["in reverse", { reverse: true }],
  ["with lengths", { lengths: [2, 0, 4] }],
  ["in reverse with lengths", { reverse: true, lengths: [2, 4, 1] }],
];

function optionsOf({ reverse = false, lengths }: (typeof walks)[number][1], backend: Backend = cpu()): SequenceOptions {
  return { reverse, lengths: lengths ? tensor(lengths, { dtype: "int32", backend }) : null };
}

describe.each(walks)("a user's cell %s", (_name, walk) => {
  const [x, w, v, h] = [draw([4, 3, 2], 1), draw([2, 5], 2), draw([5, 3], 3), draw([3, 5], 4)];

  test("gives each sequence what stepping through it by hand gives", () => {
    const { output, state } = scan(leaky(w, v), x, [h], optionsOf(walk));
    expect(output.shape).toEqual([4, 3, 3]);
    for (let b = 0; b < 3; b++) {
      let now = h.narrow(0, b, 1);
      const length = walk.lengths?.[b] ?? 4;
      for (let k = 0; k < length; k++) {
        const t = walk.reverse ? length - 1 - k : k;
        now = now
          .mul(0.9)
          .add(x.select(0, t).narrow(0, b, 1).matmul(w))
          .tanh();
        expect(error(output.select(0, t).narrow(0, b, 1), now.matmul(v))).toBeLessThan(1e-14);
      }
      for (let t = length; t < 4; t++) expect(output.select(0, t).select(0, b).toArray()).toEqual([0, 0, 0]);
      expect(error(state[0].narrow(0, b, 1), now)).toBeLessThan(1e-14);
    }
  });

  test("has right gradients", () => {
    const check = gradCheck(
      (x, w, v, h) => {
        const { output, state } = scan(leaky(w, v), x, [h], optionsOf(walk));
        return joined([output, ...state]);
      },
      [x, w, v, h],
    );
    expect(check).toMatchObject({ ok: true });
  });

  test("projects all inputs at once where it can", () => {
    const seen: number[][] = [];
    const stepwise = leaky(w, v);
    const ahead: Cell<readonly [Tensor]> = {
      ...stepwise,
      project: (xs) => {
        seen.push([...xs.shape]);
        return xs.matmul(w);
      },
      step: (projected, [h]) => {
        const next = h.mul(0.9).add(projected).tanh();
        return { output: next.matmul(v), state: [next] };
      },
    };
    const options = optionsOf(walk);
    expect(error(scan(ahead, x, undefined, options).output, scan(stepwise, x, undefined, options).output)).toBeLessThan(
      1e-14,
    );
    expect(seen).toEqual([[4, 3, 2]]);
  });
});

type Weights = readonly [wIh: Tensor, wHh: Tensor, bIh: Tensor, bHh: Tensor];
const stock = {
  "rnnCell tanh": { gates: 1, states: 1, make: rnnOf("tanh") },
  lstmCell: { gates: 4, states: 2, make: ([wIh, wHh, bIh, bHh]: Weights) => lstmCell(named(wIh, wHh, bIh, bHh)) },
  gruCell: { gates: 3, states: 1, make: gruOf(true) },
  "gruCell, reset before": { gates: 3, states: 1, make: gruOf(false) },
} as const;

function named(weightIh: Tensor, weightHh: Tensor, biasIh: Tensor, biasHh: Tensor) {
  return { weightIh, weightHh, biasIh, biasHh };
}
function rnnOf(nonlinearity: "tanh" | "relu") {
  return ([wIh, wHh, bIh, bHh]: Weights) => rnnCell(named(wIh, wHh, bIh, bHh), nonlinearity);
}
function gruOf(resetAfter: boolean) {
  return ([wIh, wHh, bIh, bHh]: Weights) => gruCell(named(wIh, wHh, bIh, bHh), { resetAfter });
}

describe.each(Object.entries(stock))("%s", (_name, { gates, states, make }) => {
  type AnyCell = Cell<readonly Tensor[]>;
  const hidden = 3;
  const inputs = (backend: Backend): Tensor[] => [
    draw([4, 3, 2], 1, backend),
    draw([gates * hidden, 2], 2, backend),
    draw([gates * hidden, hidden], 3, backend),
    draw([gates * hidden], 4, backend),
    draw([gates * hidden], 5, backend),
    ...Array.from({ length: states }, (_, i) => draw([3, hidden], 6 + i, backend)),
  ];
  const cellOf = (weights: readonly Tensor[]): AnyCell => make(weights as unknown as Weights) as unknown as AnyCell;

  describe.each(walks)("%s", (_walk, walk) => {
    const routes = [
      ["fused kernels", cpu(), scan],
      ["core's decomposition", decomposed, scan],
      ["the plain scan", cpu(), stepThrough],
    ] as const;

    test.each(routes)("gradients of %s are right", (_route, backend, go) => {
      const options = optionsOf(walk, backend);
      const check = gradCheck((x, wIh, wHh, bIh, bHh, ...state) => {
        const result = go(cellOf([wIh, wHh, bIh, bHh]), x, state, options);
        return joined([result.output, ...result.state]);
      }, inputs(backend));
      expect(check).toMatchObject({ ok: true });
    });

    test("the ways agree", () => {
      const [[output, ...state], ...others] = routes.map(([, backend, go]) => {
        const [x, wIh, wHh, bIh, bHh, ...start] = inputs(backend);
        const result = go(cellOf([wIh, wHh, bIh, bHh]), x, start, optionsOf(walk, backend));
        return [result.output, ...result.state];
      });
      for (const [otherOutput, ...otherState] of others) {
        expect(error(otherOutput, output)).toBeLessThan(1e-14);
        otherState.forEach((part, i) => {
          expect(error(part, state[i])).toBeLessThan(1e-14);
        });
      }
    });
  });
});

test("relu is rnnCell's other nonlinearity", () => {
  const [w, u, b] = [
    tensor([[1], [-1]]),
    tensor([
      [0, 1],
      [1, 0],
    ]),
    tensor([0, 0.5]),
  ];
  const cell = rnnOf("relu")([w, u, b, b]);
  expect(scan(cell, tensor([[[2]], [[-3]]])).output.toArray()).toEqual([[[2, 0]], [[0, 6]]]);
});

test("GRUCell with reset before the product follows the paper's formula", () => {
  const cell = new GRUCell(1, 1, { dtype, resetAfter: false });
  cell.loadStateDict({
    weight_ih: [[0.5], [-0.3], [0.8]],
    weight_hh: [[0.2], [0.7], [-0.6]],
    bias_ih: [0.1, 0.2, 0.3],
    bias_hh: [0.4, -0.5, 0.6],
  });
  const [x, h] = [0.9, -0.4];
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  const r = sigmoid(0.5 * x + 0.1 + 0.2 * h + 0.4);
  const z = sigmoid(-0.3 * x + 0.2 + 0.7 * h - 0.5);
  const n = Math.tanh(0.8 * x + 0.3 - 0.6 * (r * h) + 0.6);
  const next = cell.forward(tensor([x], { dtype }), tensor([h], { dtype }));
  expect(next.shape).toEqual([1]);
  expect(next.item()).toBeCloseTo((1 - z) * n + z * h, 14);
});
