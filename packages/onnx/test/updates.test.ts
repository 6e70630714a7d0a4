import type { Attrs, GraphValue } from "@unrolled/backend";
import { expect, test } from "vitest";
import { GraphMaker } from "./graph-maker.js";
import { expectClose, numbers } from "./numbers.js";
import { runOnce } from "./ort.js";
import { type Host, host } from "./values.js";

const size = 5;
const dtype = "float64";
const tensor = (seed: number, positive = false): Host =>
  host(
    dtype,
    [size],
    numbers(size, seed).map((v) => (positive ? Math.abs(v) : v)),
  );
const scalar = (v: number): Host => host(dtype, [], [v]);

class Feeds {
  readonly maker = new GraphMaker();
  readonly tensors: Record<string, Host> = {};
  value(name: string, x: Host | null): GraphValue | null {
    if (!x) return null;
    this.tensors[name] = x;
    return this.maker.input(name, x.shape, x.dtype);
  }
}

const sgd: Attrs<"sgdStep"> = { momentum: 0, nesterov: false, weightDecay: 0, maximize: false };
const sgdVariants: readonly Attrs<"sgdStep">[] = [
  sgd,
  { ...sgd, weightDecay: 0.1 },
  { ...sgd, maximize: true, weightDecay: 0.1 },
  { ...sgd, momentum: 0.9 },
  { ...sgd, momentum: 0.9, nesterov: true, weightDecay: 0.01, maximize: true },
];

test.each(sgdVariants)(
  "sgdStep momentum $momentum nesterov $nesterov decay $weightDecay maximize $maximize",
  async (attrs) => {
    for (const gain of [null, 0.7]) {
      const [p, g, buffer] = [tensor(1), tensor(2), attrs.momentum === 0 ? null : tensor(3)];
      const feeds = new Feeds();
      const inputs = [
        feeds.value("p", p),
        feeds.value("g", g),
        feeds.value("buffer", buffer),
        feeds.value("lr", scalar(0.05)),
        feeds.value("gain", gain === null ? null : scalar(gain)),
      ];
      const { outputs } = feeds.maker.node("sgdStep", inputs, attrs);
      feeds.maker.output("p'", outputs[0] as GraphValue);
      if (outputs[1]) feeds.maker.output("buffer'", outputs[1]);
      const actual = await runOnce(feeds.maker.build(), feeds.tensors);
      const next = Array.from(p.data, (v, i) => {
        const d = (attrs.maximize ? -g.data[i] : g.data[i]) + attrs.weightDecay * v;
        if (!buffer) return { p: v - 0.05 * d, buffer: 0 };
        const b = attrs.momentum * buffer.data[i] + (gain ?? 1) * d;
        return { p: v - 0.05 * (attrs.nesterov ? d + attrs.momentum * b : b), buffer: b };
      });
      expectClose(
        actual["p'"].data,
        next.map((n) => n.p),
        1e-14,
      );
      if (buffer)
        expectClose(
          actual["buffer'"].data,
          next.map((n) => n.buffer),
          1e-14,
        );
      else expect(outputs[1]).toBeNull();
    }
  },
);

const adam: Attrs<"adamStep"> = {
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-6,
  weightDecay: 0,
  decoupledWeightDecay: false,
  maximize: false,
};
const adamVariants = [
  { amsgrad: false, ...adam },
  { amsgrad: true, ...adam, maximize: true },
  { amsgrad: false, ...adam, weightDecay: 0.1 },
  { amsgrad: true, ...adam, weightDecay: 0.1, decoupledWeightDecay: true },
];

test.each(adamVariants)(
  "adamStep amsgrad $amsgrad decay $weightDecay decoupled $decoupledWeightDecay",
  async ({ amsgrad, ...attrs }) => {
    const [p, g, m, v, most] = [tensor(1), tensor(2), tensor(3), tensor(4, true), amsgrad ? tensor(5, true) : null];
    const [lr, stepSize, correction] = [0.02, 0.03, 0.4];
    const feeds = new Feeds();
    const inputs = [
      feeds.value("p", p),
      feeds.value("g", g),
      feeds.value("m", m),
      feeds.value("v", v),
      feeds.value("most", most),
      feeds.value("lr", scalar(lr)),
      feeds.value("stepSize", scalar(stepSize)),
      feeds.value("correction", scalar(correction)),
    ];
    const { outputs } = feeds.maker.node("adamStep", inputs, attrs);
    ["p'", "m'", "v'", "most'"].forEach((name, i) => {
      const value = outputs[i];
      if (value) feeds.maker.output(name, value);
    });
    const actual = await runOnce(feeds.maker.build(), feeds.tensors);
    const next = Array.from(p.data, (value, i) => {
      let d = attrs.maximize ? -g.data[i] : g.data[i];
      let start = value;
      if (attrs.decoupledWeightDecay) start -= lr * attrs.weightDecay * value;
      else d += attrs.weightDecay * value;
      const m1 = attrs.beta1 * m.data[i] + (1 - attrs.beta1) * d;
      const v1 = attrs.beta2 * v.data[i] + (1 - attrs.beta2) * d * d;
      const most1 = most ? Math.max(most.data[i], v1) : v1;
      return { p: start - (stepSize * m1) / (Math.sqrt(most1) / correction + attrs.eps), m: m1, v: v1, most: most1 };
    });
    expectClose(
      actual["p'"].data,
      next.map((n) => n.p),
      1e-14,
    );
    expectClose(
      actual["m'"].data,
      next.map((n) => n.m),
      1e-14,
    );
    expectClose(
      actual["v'"].data,
      next.map((n) => n.v),
      1e-14,
    );
    if (amsgrad)
      expectClose(
        actual["most'"].data,
        next.map((n) => n.most),
        1e-14,
      );
  },
);
