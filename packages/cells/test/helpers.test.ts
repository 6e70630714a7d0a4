import type { Backend } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  detachState,
  GRU,
  GRUCell,
  gradientNormByTime,
  initRecurrent_,
  LSTM,
  LSTMCell,
  lstmCell,
  Recurrent,
  RNN,
  RNNCell,
  setForgetBias_,
  truncatedBptt,
  unroll,
} from "@unrolled/cells";
import {
  eye,
  Generator,
  grad,
  manualSeed,
  ones,
  randn,
  setDefaultBackend,
  stack,
  type Tensor,
  tensor,
  trace,
  zeros,
} from "@unrolled/core";
import { Linear, mseLoss } from "@unrolled/nn";
import { SGD } from "@unrolled/optim";
import { referenceBackend } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

const dtype = "float64";
const draw = (shape: readonly number[], seed: number): Tensor =>
  randn(shape, { dtype, std: 0.6, generator: new Generator(seed) });
const error = (a: Tensor, b: Tensor): number => largestError(a, b.toArray());

describe("truncatedBptt", () => {
  const make = (backend: Backend = cpu()) => {
    const place = { dtype, backend, generator: new Generator(1) } as const;
    const lstm = new LSTM(2, 3, place);
    const head = new Linear(3, 1, place);
    const parameters = [...lstm.parameters(), ...head.parameters()];
    return { lstm, head, parameters, optimizer: new SGD(parameters, { lr: 0.1 }) };
  };
  const [x, target] = [draw([7, 2, 2], 2), draw([7, 2, 1], 3)];

  test("is a loop over chunks with a detached state", () => {
    const a = make();
    const b = make();
    let state: readonly [Tensor, Tensor] | undefined;
    const byHand: number[] = [];
    for (const [start, length] of [
      [0, 3],
      [3, 3],
      [6, 1],
    ]) {
      b.optimizer.zeroGrad();
      const [y, next] = b.lstm.forward(x.narrow(0, start, length), state);
      const loss = mseLoss(b.head.forward(y), target.narrow(0, start, length));
      loss.backward();
      b.optimizer.step();
      state = detachState(next);
      byHand.push(loss.item());
    }
    const result = truncatedBptt(
      [x, target],
      { chunkLength: 3, update: (loss) => a.optimizer.step(loss) },
      ([input, wanted], before: readonly [Tensor, Tensor] | undefined) => {
        const [y, next] = a.lstm.forward(input, before);
        return { loss: mseLoss(a.head.forward(y), wanted), state: next };
      },
    );
    expect(result.losses.map((loss) => loss.item())).toEqual(byHand);
    a.parameters.forEach((parameter, i) => {
      expect(parameter.toArray()).toEqual(b.parameters[i].toArray());
    });
    expect(result.state.map((part) => part.toArray())).toEqual(state?.map((part) => part.toArray()));
    expect(result.state.every((part) => !part.requiresGrad)).toBe(true);
  });

  test("goes on from a state, cuts along any axis, and takes a single tensor as state", () => {
    const gru = new GRU(2, 3, { dtype, batchFirst: true });
    const h = draw([1, 2, 3], 4);
    const seen: number[][] = [];
    const { state } = truncatedBptt(
      [x.swapAxes(0, 1)],
      {
        chunkLength: 4,
        timeAxis: 1,
        state: h,
        update: (loss) => {
          const value = loss();
          value.backward();
          return value;
        },
      },
      ([input], before: Tensor | undefined) => {
        seen.push([...input.shape]);
        const [y, next] = gru.forward(input, before);
        return { loss: y.sum(), state: next };
      },
    );
    expect(seen).toEqual([
      [2, 4, 2],
      [2, 3, 2],
    ]);
    expect(error(state, gru.forward(x.swapAxes(0, 1), h)[1])).toBeLessThan(1e-14);
    expect(h.isDisposed).toBe(false);
  });

  test("leaves nothing behind on a device", () => {
    const device = referenceBackend();
    const { lstm, head, optimizer } = make(device);
    const inputs = [x, target].map((t) => tensor(t.toArray(), { dtype, backend: device }));
    const run = (): number => {
      const { losses, state } = truncatedBptt(
        inputs,
        { chunkLength: 2, update: (loss) => optimizer.step(loss) },
        ([input, wanted], before: readonly [Tensor, Tensor] | undefined) => {
          const [y, next] = lstm.forward(input, before);
          return { loss: mseLoss(head.forward(y), wanted), state: next };
        },
      );
      for (const t of [...losses, ...state]) t.dispose();
      return device.memory().buffers;
    };
    const after = run();
    expect([run(), run()]).toEqual([after, after]);
  });

  test("refuses what it cannot cut", () => {
    const options = { chunkLength: 2, update: (loss: () => Tensor): Tensor => loss() };
    const chunk = ([part]: readonly Tensor[]): { loss: Tensor; state: Tensor } => ({ loss: part.sum(), state: part });
    expect(() => truncatedBptt([x, draw([6, 2, 1], 1)], options, chunk)).toThrow(
      "truncatedBptt: [7, 2, 2] and [6, 2, 1] along axis 0; give tensors with equal, positive numbers",
    );
    expect(() => truncatedBptt([], options, chunk)).toThrow("truncatedBptt: no tensors along axis 0");
    expect(() => truncatedBptt([x], { ...options, chunkLength: 0 }, chunk)).toThrow("truncatedBptt: chunkLength 0");
    expect(() => truncatedBptt([x], { ...options, update: () => zeros([]) }, chunk)).toThrow(
      "truncatedBptt: update did not call computeLoss",
    );
    expect(() => truncatedBptt([x], { ...options, k1: 2 } as typeof options, chunk)).toThrow("unknown option k1");
  });
});

describe("unroll", () => {
  const cell = new LSTMCell(2, 2, { dtype, generator: new Generator(1) });
  const layer = new LSTM(2, 2, { dtype, numLayers: 2, generator: new Generator(1) });
  const start = draw([3, 2], 1);
  const teacher = draw([4, 3, 2], 2);

  test("feeds outputs back", () => {
    const { output, state } = unroll(cell, { steps: 3, start });
    let [h, c] = cell.forward(start);
    const wanted = [h];
    for (let t = 1; t < 3; t++) {
      [h, c] = cell.forward(h, [h, c]);
      wanted.push(h);
    }
    expect(error(output, stack(wanted))).toBeLessThan(1e-14);
    expect(error(state[1], c)).toBeLessThan(1e-14);
  });

  test("with a teacher all the time it is the layer over the teacher's inputs", () => {
    const inputs = stack([start, ...teacher.unbind(0)]);
    const [y, [h, c]] = layer.forward(inputs);
    const result = unroll(layer, { steps: 5, start, teacher });
    expect(error(result.output, y)).toBeLessThan(1e-14);
    expect([error(result.state[0], h), error(result.state[1], c)].every((e) => e < 1e-14)).toBe(true);
    const free = unroll(layer, { steps: 5, start, teacher, teacherForcing: 0 });
    expect(error(free.output, unroll(layer, { steps: 5, start }).output)).toBe(0);
  });

  test("goes on from a layer's state", () => {
    const [y, state] = layer.forward(teacher);
    const { output } = unroll(layer, { steps: 2, start: y.select(0, -1), state });
    const [first, after] = layer.forward(y.narrow(0, 3, 1), state);
    const [second] = layer.forward(first, after);
    expect(error(output, stack([first.squeeze(0), second.squeeze(0)]))).toBeLessThan(1e-14);
  });

  test("by chance, the same for the same seed, and somewhere between", () => {
    const run = (seed: number): Tensor =>
      unroll(cell, { steps: 5, start, teacher, teacherForcing: 0.5, generator: new Generator(seed) }).output;
    expect(run(7).toArray()).toEqual(run(7).toArray());
    const all = new Set([1, 2, 3, 4, 5, 6].map((seed) => JSON.stringify(run(seed).toArray())));
    expect(all.size).toBeGreaterThan(1);
    manualSeed(3);
    const byDefault = unroll(cell, { steps: 5, start, teacher, teacherForcing: 0.5 }).output;
    expect(byDefault.toArray()).toEqual(run(3).toArray());
  });

  test("reads out and feeds by functions, and passes gradients through all steps", () => {
    const head = new Linear(2, 1, { dtype, generator: new Generator(2) });
    const leaf = start.detach().requireGrad();
    const { output } = unroll(cell, {
      steps: 3,
      start: leaf,
      readout: (h) => head.forward(h),
      feed: (y) => y.broadcastTo([3, 2]),
    });
    expect(output.shape).toEqual([3, 3, 1]);
    output.select(0, -1).sum().backward();
    expect((leaf.grad as Tensor).norm().item()).toBeGreaterThan(0);
  });

  test("what a cell draws once a sequence is drawn once", () => {
    let drawn = 0;
    const counting = { ...lstmCell(cell.weights), sequenceContext: () => void drawn++ };
    unroll(counting, { steps: 4, start });
    expect(drawn).toBe(1);
    unroll(
      new Recurrent(2, 2, () => Object.assign(new LSTMCell(2, 2, { dtype }), { sequenceContext: () => drawn++ })),
      {
        steps: 4,
        start,
      },
    );
    expect(drawn).toBe(2);
  });

  test("refuses what does not fit", async () => {
    expect(() => unroll(new RNN(1, 1, { bidirectional: true }), { steps: 1, start: zeros([1, 1]) })).toThrow(
      "RNN.asCell: a bidirectional layer cannot go step by step",
    );
    const one = zeros([1, 3, 2], { dtype });
    expect(() => unroll(layer, { steps: 1, start, state: [one, one] })).toThrow(
      "LSTM: a state is [1, 3, 2]; give [2, batch, size]",
    );
    expect(() => unroll(cell, { steps: 0, start })).toThrow("unroll: steps 0");
    expect(() => unroll(cell, { steps: 2, start: zeros([2], { dtype }) })).toThrow("unroll: start is [2]");
    expect(() => unroll(cell, { steps: 2, start, teacherForcing: 0.5 })).toThrow(
      "unroll: teacherForcing without a teacher",
    );
    expect(() => unroll(cell, { steps: 2, start, teacher, teacherForcing: 1.5 })).toThrow("unroll: teacherForcing 1.5");
    expect(() => unroll(cell, { steps: 2, start, teacher, teacherForcing: Number.NaN })).toThrow("teacherForcing NaN");
    expect(() => unroll(cell, { steps: 9, start, teacher })).toThrow(
      "unroll: the teacher is [4, 3, 2] for 9 steps from [3, 2]; give [8, 3, 2]",
    );
    expect(() => unroll(cell, { steps: 2, start, teach: teacher } as never)).toThrow("unroll: unknown option teach");
    const chance = { steps: 5, teacherForcing: 0.5 };
    await expect(
      trace(
        (given) => ({ y: unroll(cell, { ...chance, start: given.start, teacher: given.teacher }).output }),
        { start, teacher },
        {
          constants: cell,
        },
      ),
    ).rejects.toThrow("unroll: chances would be frozen");
  });
});

describe("gradientNormByTime", () => {
  const x = draw([5, 2, 2], 1);

  test("is the norm of what autograd finds at each hidden state", () => {
    const cell = new RNNCell(2, 3, { dtype, generator: new Generator(2) });
    const states: Tensor[] = [];
    for (const row of x.unbind(0)) states.push(cell.forward(row, states[states.length - 1]));
    const wanted = grad(states[4].square().sum().add(states[1].sum()), states).map((g) => g.norm().item());
    const layer = new Recurrent(2, 3, cell);
    const loss = (y: Tensor): Tensor => y.select(0, 4).square().sum().add(y.select(0, 1).sum());
    for (const of of [cell, layer]) {
      const norms = gradientNormByTime(of as RNNCell, x, loss);
      expect(norms.shape).toEqual([1, 5]);
      expect(largestError(norms, [wanted])).toBeLessThan(1e-12);
    }
  });

  test("shows a gradient vanish, explode, or stay", () => {
    const norms = (scale: number): number[] => {
      const rnn = new RNN(1, 2, { dtype, nonlinearity: "relu", bias: false });
      rnn.loadStateDict({ weight_ih_l0: [[1], [1]], weight_hh_l0: eye(2, { dtype }).mul(scale) });
      const values = gradientNormByTime(rnn, ones([6, 1, 1], { dtype }), (y) => y.select(0, -1).sum());
      return (values.toArray() as number[][])[0];
    };
    norms(0.5).forEach((value, t) => {
      expect(value).toBeCloseTo(Math.SQRT2 * 0.5 ** (5 - t), 12);
    });
    norms(2).forEach((value, t) => {
      expect(value).toBeCloseTo(Math.SQRT2 * 2 ** (5 - t), 12);
    });
    for (const value of norms(1)) expect(value).toBeCloseTo(Math.SQRT2, 12);
  });

  test("layers, directions, layouts, parts and states", () => {
    const lstm = new LSTM(2, 3, { dtype, numLayers: 2, bidirectional: true, batchFirst: true, projSize: 2 });
    const state = [draw([4, 2, 2], 2), draw([4, 2, 3], 3)] as const;
    const input = x.swapAxes(0, 1);
    const first = gradientNormByTime(lstm, input, (y) => y.select(1, 0).sum(), { state });
    expect(first.shape).toEqual([4, 5]);
    const rows = first.toArray() as number[][];
    // of the last layer, the forward direction reaches the first output from the first step alone, the reverse from all
    expect(rows[2].map((value) => value > 0)).toEqual([true, false, false, false, false]);
    expect(rows[3].every((value) => value > 0)).toBe(true);
    expect(rows[3][0]).toBeGreaterThan(rows[3][4]);
    const cells = gradientNormByTime(lstm, input, (_y, [, c]) => c.sum(), { state, part: 1 });
    expect((cells.toArray() as number[][])[2][4]).toBeCloseTo(Math.sqrt(6), 12);
    expect(() => gradientNormByTime(lstm, input, (y) => y.sum(), { part: 2 })).toThrow(
      "gradientNormByTime: part 2 of a state of 2; use an integer from 0 to 1",
    );
  });
});

describe("initialisers", () => {
  const gram = (matrix: Tensor): Tensor => matrix.matmul(matrix, { transB: true });

  test("setForgetBias_ makes both biases add up to it, and leaves the rest", () => {
    for (const lstm of [new LSTM(2, 3, { dtype, numLayers: 2, bidirectional: true }), new LSTMCell(2, 3, { dtype })]) {
      const before = lstm.stateDict();
      expect(setForgetBias_(lstm)).toBe(lstm);
      for (const [name, value] of Object.entries(lstm.stateDict())) {
        if (!name.startsWith("bias_ih")) {
          expect(value.toArray()).toEqual(before[name].toArray());
          continue;
        }
        const sum = value.add(before[name.replace("_ih", "_hh")]).toArray() as number[];
        for (const f of sum.slice(3, 6)) expect(f).toBeCloseTo(1, 15);
        const [was, is] = [before[name], value].map((t) => t.toArray() as number[]);
        expect([...is.slice(0, 3), ...is.slice(6)]).toEqual([...was.slice(0, 3), ...was.slice(6)]);
      }
    }
    expect(() => setForgetBias_(new GRU(2, 3) as never)).toThrow("setForgetBias_: not an LSTM or LSTMCell");
    expect(() => setForgetBias_(new LSTM(2, 3, { bias: false }))).toThrow("setForgetBias_: the LSTM has no biases");
    expect(() => setForgetBias_(new LSTM(2, 3), Number.NaN)).toThrow("setForgetBias_: bias NaN");
  });

  test("initRecurrent_ makes each gate orthogonal, each input gate Glorot's, biases 0 and forget gates 1", () => {
    const lstm = initRecurrent_(new LSTM(5, 8, { dtype, numLayers: 2 }), { generator: new Generator(1) });
    for (const gate of lstm.weight_hh_l1.split(8)) expect(error(gram(gate), eye(8, { dtype }))).toBeLessThan(1e-12);
    const gates = lstm.weight_hh_l0.split(8);
    expect(error(gates[0], gates[1])).toBeGreaterThan(0.1);
    const bound = Math.sqrt(6 / 13);
    const largest = Math.max(...lstm.weight_ih_l0.dataSync().map(Math.abs));
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.9 * bound);
    expect(lstm.bias_hh_l0.toArray()).toEqual(new Array(32).fill(0));
    expect(lstm.bias_ih_l0.toArray()).toEqual([0, 1, 0, 0].flatMap((value) => new Array(8).fill(value)));
    const same = initRecurrent_(new LSTM(5, 8, { dtype, numLayers: 2 }), { generator: new Generator(1) });
    expect(same.weight_hh_l1.toArray()).toEqual(lstm.weight_hh_l1.toArray());
  });

  test("initRecurrent_ does cells, projections, and what is asked for alone", () => {
    for (const cell of [new RNNCell(2, 4, { dtype }), new GRUCell(2, 4, { dtype }), new LSTMCell(2, 4, { dtype })]) {
      initRecurrent_(cell);
      for (const gate of cell.weight_hh.split(4)) expect(error(gram(gate), eye(4, { dtype }))).toBeLessThan(1e-12);
    }
    const projected = initRecurrent_(new LSTM(2, 4, { dtype, projSize: 3 }));
    expect(error(gram(projected.weight_hr_l0), eye(3, { dtype }))).toBeLessThan(1e-12);
    const layer = new GRU(2, 4, { dtype });
    const before = layer.stateDict();
    initRecurrent_(layer, { input: "keep", recurrent: "keep", bias: "keep" });
    for (const [name, value] of Object.entries(layer.stateDict()))
      expect(value.toArray()).toEqual(before[name].toArray());
    for (const rule of ["xavierNormal", "kaimingUniform", "kaimingNormal"] as const) {
      initRecurrent_(layer, { input: rule });
      expect(layer.weight_ih_l0.toArray()).not.toEqual(before.weight_ih_l0.toArray());
    }
    const kept = initRecurrent_(new LSTM(2, 3, { dtype, generator: new Generator(1) }), {
      bias: "keep",
      forgetBias: 2,
    });
    const sum = kept.bias_ih_l0.add(kept.bias_hh_l0).toArray() as number[];
    for (const f of sum.slice(3, 6)) expect(f).toBeCloseTo(2, 15);
    expect(kept.bias_hh_l0.norm().item()).toBeGreaterThan(0);
    expect(() => initRecurrent_(new LSTM(2, 3, { bias: false }))).not.toThrow();
  });

  test("on a device it leaves only the parameters", () => {
    const device = referenceBackend();
    const lstm = new LSTM(2, 3, { backend: device });
    initRecurrent_(lstm);
    expect(device.memory().buffers).toBe(4);
  });

  test("initRecurrent_ refuses what it does not know", () => {
    expect(() => initRecurrent_(new GRU(2, 3), { forgetBias: 1 })).toThrow(
      "initRecurrent_: forgetBias without a forget gate",
    );
    expect(() => initRecurrent_(new GRU(2, 3), { input: "glorot" as "keep" })).toThrow(
      'initRecurrent_: input "glorot"; use "orthogonal", "xavierUniform"',
    );
    expect(() => initRecurrent_(new GRU(2, 3), { recurrent: "toString" as "keep" })).toThrow('recurrent "toString"');
    expect(() => initRecurrent_(new GRU(2, 3), { bias: "ones" as "keep" })).toThrow('initRecurrent_: bias "ones"');
    expect(() => initRecurrent_(new GRU(2, 3), { gain: 1 } as object)).toThrow("unknown option gain");
    expect(() => initRecurrent_(new Linear(2, 3) as never)).toThrow("initRecurrent_: not a layer or cell");
  });
});
