import type { Attrs, Backend, FusedOp, In, UpdateOp } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  applyFused,
  applyUpdate,
  Generator,
  grad,
  gradCheck,
  rand,
  setDefaultBackend,
  type Tensor,
  tensor,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { decomposedCpu, fakeDevice } from "./support/device.js";
import { between, expectClose } from "./support/numbers.js";

setDefaultBackend(cpu());

type Host = Float32Array | Float64Array | Int32Array;
interface HostInput {
  readonly data: Host;
  readonly shape: readonly number[];
}

interface SequenceCase {
  readonly op: FusedOp;
  readonly attrs: object;
  readonly inputs: readonly (HostInput | null)[];
}

const sizes = [
  [1, 1, 1, 1],
  [1, 3, 5, 7],
  [3, 1, 1, 5],
  [5, 3, 17, 7],
  [7, 5, 3, 17],
  [3, 7, 33, 3],
  [17, 2, 3, 5],
  [2, 3, 1, 33],
  [3, 0, 5, 3],
] as const;

const variants = [
  { name: "plain", reverse: false, ragged: false, bIh: true, bHh: true },
  { name: "reverse", reverse: true, ragged: false, bIh: true, bHh: false },
  { name: "ragged", reverse: false, ragged: true, bIh: false, bHh: true },
  { name: "ragged reverse", reverse: true, ragged: true, bIh: false, bHh: false },
] as const;

const kinds = [
  { op: "rnnSequence", gates: 1, states: 1, attrs: { nonlinearity: "tanh" } },
  { op: "rnnSequence", gates: 1, states: 1, attrs: { nonlinearity: "relu" } },
  { op: "lstmSequence", gates: 4, states: 2, attrs: {} },
  { op: "lstmSequence", gates: 4, states: 2, attrs: {}, projects: true },
  { op: "gruSequence", gates: 3, states: 1, attrs: { resetAfter: true } },
  { op: "gruSequence", gates: 3, states: 1, attrs: { resetAfter: false } },
] as const;

const generator = new Generator(5);

function random(shape: readonly number[], scale = 0.8): HostInput {
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: Float64Array.from({ length: size }, () => scale * (generator.uniform() * 2 - 1)), shape };
}

function sequenceCase(
  kind: (typeof kinds)[number],
  [T, B, I, H]: readonly number[],
  { reverse, ragged, bIh, bHh }: (typeof variants)[number],
): SequenceCase {
  const { op, gates, states, attrs } = kind;
  const width = "projects" in kind ? (H > 5 ? H - 5 : H + 1) : H;
  const lengths = Int32Array.from({ length: B }, (_, b) => (b * 2) % (T + 1));
  const inputs = [
    random([T, B, I]),
    random([B, width]),
    ...(states === 2 ? [random([B, H])] : []),
    random([gates * H, I], 1 / Math.sqrt(H)),
    random([gates * H, width], 1 / Math.sqrt(H)),
    bIh ? random([gates * H]) : null,
    bHh ? random([gates * H]) : null,
    ragged ? { data: lengths, shape: [B] } : null,
    ...(states === 2 ? ["projects" in kind ? random([width, H], 1 / Math.sqrt(H)) : null] : []),
  ];
  return { op, attrs: { ...attrs, reverse }, inputs };
}

type Float = "float32" | "float64";

/** Outputs, and gradients of the inputs numbered in `wanted`, for cotangents of the outputs numbered in `used`. */
function run(
  { op, attrs, inputs }: SequenceCase,
  backend: Backend,
  dtype: Float,
  used: readonly number[],
  wanted: readonly number[],
): Tensor[] {
  const tensors = inputs.map((input, i) => {
    if (input === null) return null;
    const { data, shape } = input;
    if (data instanceof Int32Array) return tensor(data, { shape, backend });
    return tensor(data, { shape, dtype, backend, requiresGrad: wanted.includes(i) });
  });
  const out = applyFused(op, tensors as unknown as In<FusedOp, Tensor>, attrs as Attrs<FusedOp>) as readonly Tensor[];
  const leaves = wanted.map((i) => tensors[i]).filter((t): t is Tensor => t !== null);
  const outputs = used.map((i) => out[i]);
  const cotangents = outputs.map((t, i) => rand(t.shape, { dtype, backend, generator: new Generator(90 + i) }));
  return [...out, ...grad(outputs, leaves, { cotangents, allowUnused: true })];
}

function expectSame(c: SequenceCase, dtype: Float, used: readonly number[], wanted: readonly number[]): void {
  const whole = run(c, cpu(), dtype, used, wanted);
  const parts = run(c, decomposedCpu(), dtype, used, wanted);
  expect(parts.map((t) => t.shape)).toEqual(whole.map((t) => t.shape));
  whole.forEach((t, i) => {
    expectClose(parts[i], t, dtype === "float64" ? 1e-12 : 1e-5);
  });
}

const floatInputs = (c: SequenceCase): number[] =>
  c.inputs.flatMap((input, i) => (input !== null && !(input.data instanceof Int32Array) ? [i] : []));

const named = kinds.map(
  (kind) => [`${kind.op} ${JSON.stringify(kind.attrs)}${"projects" in kind ? " projected" : ""}`, kind] as const,
);

describe.each(named)("%s: whole and decomposed agree", (_name, kind) => {
  const outputs = kind.states === 2 ? [0, 1, 2] : [0, 1];

  test.each(variants)("at every size, $name", (variant) => {
    for (const size of sizes) {
      const c = sequenceCase(kind, size, variant);
      for (const dtype of ["float32", "float64"] as const) expectSame(c, dtype, outputs, floatInputs(c));
    }
  });

  test.each(variants)("for every choice of cotangents and wanted gradients, $name", (variant) => {
    const c = sequenceCase(kind, [5, 3, 2, 3], variant);
    for (const output of outputs) expectSame(c, "float64", [output], floatInputs(c));
    for (const input of floatInputs(c)) expectSame(c, "float64", outputs, [input]);
  });

  test("ragged sequences carry their state and leave zeros behind", () => {
    const c = sequenceCase(kind, [4, 3, 2, 3], { ...variants[2], reverse: false });
    const lengths = c.inputs.find((input) => input?.data instanceof Int32Array) as HostInput;
    expect([...lengths.data]).toEqual([0, 2, 4]);
    const [y, h] = run(c, decomposedCpu(), "float64", [0], [0]);
    expectClose(h.select(0, 0), (c.inputs[1] as HostInput).data.slice(0, h.shape[1]), 1e-15);
    expectClose(h.select(0, 1), y.select(0, 1).select(0, 1), 1e-15);
    expect(y.select(1, 1).narrow(0, 2, 2).abs().sum().item()).toBe(0);
    expect(y.select(1, 0).abs().sum().item()).toBe(0);
  });
});

describe("linear: whole and decomposed agree", () => {
  test.each([
    [[], 3, 5],
    [[0], 3, 2],
    [[7], 1, 1],
    [[2, 3], 17, 33],
    [[1, 1, 5], 5, 7],
  ] as const)("leading %j, %i to %i", (leading, I, O) => {
    for (const bias of [true, false]) {
      const inputs = [random([...leading, I]), random([O, I]), bias ? random([O]) : null];
      const c: SequenceCase = { op: "linear", attrs: {}, inputs };
      for (const dtype of ["float32", "float64"] as const) expectSame(c, dtype, [0], floatInputs(c));
    }
  });
});

describe.each([
  ["whole", cpu()],
  ["decomposed", decomposedCpu()],
] as const)("gradients, %s", (_name, backend) => {
  const on = (t: Tensor): Tensor => tensor(t.dataSync(), { shape: t.shape, dtype: "float64", backend });
  const x = on(between(-1, 1, [3, 2, 2]));
  const weights = (gates: number): Tensor[] => [
    on(between(-1, 1, [gates * 2, 2])),
    on(between(-1, 1, [gates * 2, 2])),
    on(between(-1, 1, [gates * 2])),
  ];
  const tail = (y: Tensor, h: Tensor): Tensor => y.square().sum().add(h.sin().sum());

  test("where an initial state is computed from the input, both orders", () => {
    const lstm = (a: Tensor, wi: Tensor, wh: Tensor, b: Tensor): Tensor => {
      const h = a.mean(0).tanh();
      const [y, hn] = applyFused("lstmSequence", [a, h, h.mul(a.select(0, 0)), wi, wh, b, b, null, null], {
        reverse: false,
      });
      return tail(y, hn);
    };
    const gru = (a: Tensor, wi: Tensor, wh: Tensor, b: Tensor): Tensor => {
      const [y, hn] = applyFused("gruSequence", [a, a.select(0, 1).exp(), wi, wh, b, null, null], {
        reverse: true,
        resetAfter: true,
      });
      return tail(y, hn);
    };
    expect(gradCheck(lstm, [x, ...weights(4)], { secondOrder: true })).toMatchObject({ ok: true });
    expect(gradCheck(gru, [x, ...weights(3)], { secondOrder: true })).toMatchObject({ ok: true });
  });

  test("where one tensor is several inputs, both orders", () => {
    const tied = (a: Tensor, w: Tensor, b: Tensor): Tensor => {
      const attrs = { nonlinearity: "tanh", reverse: false } as const;
      const [y, h] = applyFused("rnnSequence", [a, w, w, w, b, b, null], attrs);
      return tail(y, h);
    };
    expect(gradCheck(tied, [x, weights(1)[1], weights(1)[2]], { secondOrder: true })).toMatchObject({ ok: true });
  });

  test("where layers are stacked, both orders", () => {
    const [wi, wh, b] = weights(1);
    const stacked = (a: Tensor, w: Tensor): Tensor => {
      const attrs = { nonlinearity: "tanh", reverse: false } as const;
      const zero = tensor(new Float64Array(4), { shape: [2, 2], backend });
      const [y] = applyFused("rnnSequence", [a, zero, wi, w, b, null, null], attrs);
      const [z, h] = applyFused("rnnSequence", [y, zero, w, wh, null, b, null], attrs);
      return tail(z, h);
    };
    expect(gradCheck(stacked, [x, wh], { secondOrder: true })).toMatchObject({ ok: true });
  });

  test("a second backward needs retainGraph, and an output changed in place is noticed", () => {
    const make = (): { y: Tensor; w: Tensor } => {
      const [w] = weights(1);
      w.requireGrad();
      const attrs = { nonlinearity: "tanh", reverse: false } as const;
      const [y] = applyFused("rnnSequence", [x, on(between(0, 1, [2, 2])), w, weights(1)[1], null, null, null], attrs);
      return { y, w };
    };
    const { y, w } = make();
    y.sum().backward(undefined, { retainGraph: true });
    const once = w.grad?.mul(1) as Tensor;
    y.sum().backward();
    expectClose(w.grad as Tensor, once.mul(2), 1e-12);
    expect(() => y.sum().backward()).toThrow(/rnnSequence saved were freed/);
    const changed = make();
    changed.y.add_(1);
    expect(() => changed.y.sum().backward()).toThrow(/rnnSequence needs.*changed in place/);
  });
});

describe("updates: whole and decomposed agree", () => {
  const devices = [cpu(), decomposedCpu(), fakeDevice({ fused: false }).backend];
  function expectUpdate<K extends UpdateOp>(op: K, list: readonly (HostInput | null)[], attrs: Attrs<K>): void {
    const [whole, ...others] = devices.map((backend) => {
      const inputs = list.map(
        (input) => input && tensor(input.data, { shape: input.shape, backend, dtype: "float64" }),
      );
      return applyUpdate(op, inputs as unknown as In<K, Tensor>, attrs) as readonly (Tensor | null)[];
    });
    for (const other of others) {
      whole.forEach((t, i) => {
        if (t === null) expect(other[i]).toBeNull();
        else expectClose(other[i] as Tensor, t, 1e-12);
      });
    }
  }
  const scalar = (value: number): HostInput => ({ data: Float64Array.of(value), shape: [] });
  const squares = (shape: readonly number[]): HostInput => ({
    ...random(shape),
    data: random(shape).data.map((v) => v * v),
  });
  const flags = [false, true];
  const shapes = [[], [0], [1], [5, 7]];

  test("sgdStep, every option", () => {
    for (const shape of shapes)
      for (const nesterov of flags)
        for (const maximize of flags)
          for (const weightDecay of [0, 0.1])
            for (const momentum of [0, 0.9])
              for (const gain of [null, scalar(0.7)]) {
                const buffer = momentum === 0 ? null : random(shape);
                const inputs = [random(shape), random(shape), buffer, scalar(0.1), gain];
                expectUpdate("sgdStep", inputs, { momentum, nesterov, weightDecay, maximize });
              }
  });

  test("adamStep, every option", () => {
    for (const shape of shapes)
      for (const decoupledWeightDecay of flags)
        for (const maximize of flags)
          for (const weightDecay of [0, 0.1])
            for (const amsgrad of flags) {
              const highest = amsgrad ? squares(shape) : null;
              const scalars = [0.1, 0.2, 0.5].map(scalar);
              const inputs = [random(shape), random(shape), random(shape), squares(shape), highest, ...scalars];
              const attrs = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay, decoupledWeightDecay, maximize };
              expectUpdate("adamStep", inputs, attrs);
            }
  });
});
