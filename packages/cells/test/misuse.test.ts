import { ArgumentError, BackendError, DTypeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  type Cell,
  detachState,
  GRU,
  GRUCell,
  gruCell,
  LSTM,
  LSTMCell,
  Recurrent,
  RecurrentCell,
  RNN,
  RNNCell,
  rnnCell,
  scan,
  stepThrough,
  truncatedBptt,
  unroll,
} from "@unrolled/cells";
import { ones, setDefaultBackend, type Tensor, zeros } from "@unrolled/core";
import { SGD } from "@unrolled/optim";
import { referenceBackend } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";

setDefaultBackend(cpu());

/** What plain JavaScript can pass. */
const untyped = (value: unknown): never => value as never;

function refusal(fn: () => unknown, kind: new (...args: never[]) => Error): string {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(kind);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

describe("options that are no object", () => {
  const weights = new GRUCell(3, 4).weights;
  const cell = gruCell(weights);
  test.each([
    ["RNN", (options: never) => new RNN(3, 4, options)],
    ["LSTM", (options: never) => new LSTM(3, 4, options)],
    ["GRU", (options: never) => new GRU(3, 4, options)],
    ["RNNCell", (options: never) => new RNNCell(3, 4, options)],
    ["LSTMCell", (options: never) => new LSTMCell(3, 4, options)],
    ["GRUCell", (options: never) => new GRUCell(3, 4, options)],
    ["Recurrent", (options: never) => new Recurrent(3, 4, (size) => new GRUCell(size, 4), options)],
    ["gruCell", (options: never) => gruCell(weights, options)],
    ["scan", (options: never) => scan(cell, zeros([2, 1, 3]), undefined, options)],
    ["stepThrough", (options: never) => stepThrough(cell, zeros([2, 1, 3]), [zeros([1, 4])], options)],
  ])("are refused by %s", (name, make) => {
    expect(refusal(() => make(untyped(2)), ArgumentError)).toContain(`${name}: got number 2 where options go`);
    expect(refusal(() => make(untyped(null)), ArgumentError)).toContain(`${name}: got null where options go`);
    expect(refusal(() => make(untyped("relu")), ArgumentError)).toContain("got string relu where options go");
  });

  test("the names that are offered are all the layer's own", () => {
    expect(refusal(() => new LSTM(3, 4, untyped(2)), ArgumentError)).toMatch(/numLayers.*bias.*projSize$/);
  });

  test("rnnCell refuses another nonlinearity", () => {
    expect(() => rnnCell(weights, untyped("sigmoid"))).toThrow('rnnCell: nonlinearity "sigmoid"; use "tanh" or "relu"');
  });
});

describe("dtype and backend", () => {
  const x = zeros([5, 2, 3]);
  const h = zeros([1, 2, 4]);
  const wide = zeros([1, 2, 4], { dtype: "float64" });

  test.each(["int32", "float64"] as const)("x in %s is named before any operation speaks", (dtype) => {
    for (const [name, make] of [
      ["LSTM", () => new LSTM(3, 4).forward(zeros([5, 2, 3], { dtype }))],
      ["LSTMCell", () => new LSTMCell(3, 4).forward(zeros([2, 3], { dtype }))],
      ["GRUCell", () => new GRUCell(3, 4).forward(zeros([3], { dtype }))],
    ] as const)
      expect(refusal(make, DTypeError)).toBe(
        `${name}: x is ${dtype}, the weights are float32; cast it: x.cast("float32")`,
      );
  });

  test("h and c are named", () => {
    const words = (name: string): string => `${name} is float64, the weights are float32; cast it: ${name}.cast`;
    expect(refusal(() => new LSTM(3, 4).forward(x, [wide, h]), DTypeError)).toContain(`LSTM: ${words("h")}`);
    expect(refusal(() => new LSTM(3, 4).forward(x, [h, wide]), DTypeError)).toContain(`LSTM: ${words("c")}`);
    expect(refusal(() => new GRU(3, 4).forward(x, wide), DTypeError)).toContain(`GRU: ${words("h")}`);
    const row = zeros([2, 4]);
    const wideRow = zeros([2, 4], { dtype: "float64" });
    const input = zeros([2, 3]);
    expect(refusal(() => new LSTMCell(3, 4).forward(input, [row, wideRow]), DTypeError)).toContain(words("c"));
    expect(refusal(() => new RNNCell(3, 4).forward(input, wideRow), DTypeError)).toContain(words("h"));
  });

  test("another backend is named", () => {
    const backend = referenceBackend();
    const [here, there] = [cpu().name, backend.name];
    const far = zeros([1, 2, 4], { backend });
    expect(refusal(() => new LSTM(3, 4).forward(zeros([5, 2, 3], { backend })), BackendError)).toBe(
      `LSTM: x lives on the backend ${there}, the weights on ${here}; move one: await x.to(backend)`,
    );
    expect(refusal(() => new LSTM(3, 4).forward(x, [h, far]), BackendError)).toContain("LSTM: c lives on the backend");
    const layer = new Recurrent(3, 4, (size) => new GRUCell(size, 4));
    expect(refusal(() => layer.forward(x, [far]), BackendError)).toContain("Recurrent: state[0] lives on the backend");
  });
});

describe("x that is no tensor", () => {
  const lstm = new LSTM(3, 3);
  test("a layer's whole result", () => {
    const result = lstm.forward(zeros([5, 2, 3]));
    expect(refusal(() => lstm.forward(untyped(result)), ArgumentError)).toBe(
      "LSTM: x is no tensor but [a tensor [5, 2, 3], [a tensor [1, 2, 3], a tensor [1, 2, 3]]]; take the first of what a layer returns: const [y] = layer.forward(x)",
    );
    expect(refusal(() => new LSTMCell(3, 3).forward(untyped(result)), ArgumentError)).toContain("take the first");
  });

  test("numbers, nothing, a promise", () => {
    expect(refusal(() => lstm.forward(untyped([[1, 2, 3]])), ArgumentError)).toContain("make one: tensor(x)");
    expect(refusal(() => lstm.forward(untyped(new Float32Array(3))), ArgumentError)).toContain("make one: tensor(x)");
    expect(refusal(() => lstm.forward(untyped(undefined)), ArgumentError)).toBe(
      "LSTM: x is no tensor but undefined; give a tensor",
    );
    expect(refusal(() => lstm.forward(untyped(Promise.resolve(1))), ArgumentError)).toContain("but a promise");
    expect(refusal(() => scan(gruCell(new GRUCell(3, 4).weights), untyped([1])), ArgumentError)).toContain("scan: x");
  });
});

describe("states", () => {
  const x = ones([5, 2, 3]);
  const h = zeros([1, 2, 4]);

  test("null is no state, as undefined", () => {
    const [gru, lstm, cell] = [new GRU(3, 4), new LSTM(3, 4), new LSTMCell(3, 4)];
    expect(gru.forward(x, null)[0].toArray()).toEqual(gru.forward(x)[0].toArray());
    expect(lstm.forward(x, null)[0].toArray()).toEqual(lstm.forward(x)[0].toArray());
    const row = ones([2, 3]);
    expect(cell.forward(row, null)[0].toArray()).toEqual(cell.forward(row)[0].toArray());
  });

  test("a wrong number or kind says what was given and wanted", () => {
    const lstm = new LSTM(3, 4);
    expect(refusal(() => lstm.forward(x, untyped([h])), ArgumentError)).toBe(
      "LSTM: the state is [a tensor [1, 2, 4]]; give the list [h, c], 2 tensors",
    );
    expect(refusal(() => lstm.forward(x, untyped(h)), ArgumentError)).toBe(
      "LSTM: the state is a tensor [1, 2, 4]; give the list [h, c], 2 tensors",
    );
    expect(refusal(() => lstm.forward(x, untyped([h, [h]])), ArgumentError)).toContain("LSTM: c is no tensor");
    expect(refusal(() => new GRU(3, 4).forward(x, untyped([h])), ArgumentError)).toContain(
      "GRU: h is no tensor but [a tensor [1, 2, 4]]; give a state",
    );
    expect(refusal(() => new LSTMCell(3, 4).forward(zeros([2, 3]), untyped(h)), ArgumentError)).toContain(
      "LSTMCell: the state is a tensor [1, 2, 4]; give the list [h, c]",
    );
  });

  test("options in the state's place get a hint", () => {
    const options = { lengths: [5, 3] };
    for (const layer of [new RNN(3, 4), new LSTM(3, 4), new GRU(3, 4)])
      expect(refusal(() => layer.forward(x, untyped(options)), ArgumentError)).toContain(
        "got options where the state goes; options come third: forward(x, undefined, { lengths })",
      );
    const cell = gruCell(new GRUCell(3, 4).weights);
    expect(refusal(() => scan(cell, x, untyped({ reverse: true })), ArgumentError)).toContain("options come fourth");
  });
});

describe("truncatedBptt", () => {
  const gru = new GRU(3, 4);
  const x = ones([4, 2, 3]);
  const optimizer = new SGD(gru.parameters(), { lr: 0.1 });
  const run = (parts: { update?: unknown; chunk?: unknown; tensors?: unknown }) => () =>
    truncatedBptt(
      untyped("tensors" in parts ? parts.tensors : [x]),
      { chunkLength: 2, update: untyped(parts.update ?? ((compute: () => Tensor) => optimizer.step(compute))) },
      untyped(
        "chunk" in parts
          ? parts.chunk
          : ([input]: Tensor[], before: Tensor | undefined) => {
              const [y, state] = gru.forward(input, before);
              return { loss: y.mean(), state };
            },
      ),
    );

  test("says that update gets a function where it is taken for the loss", () => {
    expect(refusal(run({ update: (loss: Tensor) => loss.backward() }), ArgumentError)).toBe(
      "truncatedBptt: update gets a function that computes the loss, not the loss; call it: const loss = computeLoss(); " +
        "or use update: (computeLoss) => optimizer.step(computeLoss)",
    );
  });

  test("says what update and the chunk's function must return", () => {
    const silent = (compute: () => Tensor): void => compute().backward();
    expect(refusal(run({ update: silent }), ArgumentError)).toContain(
      "what update returned is no tensor but undefined",
    );
    expect(refusal(run({ update: () => zeros([]) }), ArgumentError)).toContain("update did not call computeLoss");
    const wanted = "; return { loss, state }, with the state that the layer returned";
    const loss = (input: Tensor): Tensor => gru.forward(input)[0].mean();
    for (const [chunk, words] of [
      [([input]: Tensor[]) => loss(input), "the chunk's function returned a tensor []"],
      [([input]: Tensor[]) => [loss(input), 0], "the chunk's function returned [a tensor [], 0]"],
      [() => undefined, "the chunk's function returned undefined"],
      [() => ({ loss: 1, state: x }), "the chunk's loss is no tensor but 1"],
      [([input]: Tensor[]) => ({ loss: loss(input), state: undefined }), "the state is no tensor but undefined"],
    ] as const)
      expect(refusal(run({ chunk }), ArgumentError)).toBe(`truncatedBptt: ${words}${wanted}`);
  });

  test("wants a list of tensors and functions", () => {
    expect(refusal(run({ tensors: x }), ArgumentError)).toContain("the first argument is a tensor [4, 2, 3]");
    expect(refusal(run({ tensors: [x, [1]] }), ArgumentError)).toContain("tensors[1] is no tensor");
    expect(refusal(run({ chunk: undefined }), ArgumentError)).toContain("the third argument is undefined");
    expect(refusal(run({ update: 3 }), ArgumentError)).toContain("update is 3");
  });

  test("an update by hand works", () => {
    const update = (computeLoss: () => Tensor): Tensor => {
      const loss = computeLoss();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss;
    };
    expect(run({ update })().losses).toHaveLength(2);
  });

  test("detachState refuses what is no state", () => {
    expect(refusal(() => detachState(untyped(undefined)), ArgumentError)).toContain(
      "detachState: the state is no tensor but undefined",
    );
    expect(refusal(() => detachState(untyped([x, 1])), ArgumentError)).toContain("detachState: state[1] is no tensor");
  });
});

describe("cells of one's own", () => {
  const x = ones([4, 2, 3]);
  const good: Cell<readonly [Tensor]> = {
    zeroState: (batch) => [zeros([batch, 3])],
    step: (input, [h]) => ({ output: h.add(input), state: [h.add(input)] }),
  };
  class Bare extends RecurrentCell<readonly [Tensor]> {
    zeroState(batch: number): readonly [Tensor] {
      return untyped(zeros([batch, 3]));
    }
    step(input: Tensor): never {
      return untyped(input);
    }
  }

  test("a step that returns no { output, state } is told so wherever cells run", () => {
    const bare: Cell<readonly [Tensor]> = { ...good, step: (input) => untyped(input) };
    const listless: Cell<readonly [Tensor]> = { ...good, step: (input) => untyped({ output: input, state: input }) };
    const contract = "return { output, state }, where state is a list of tensors";
    for (const run of [() => scan(bare, x), () => unroll(bare, { steps: 2, start: zeros([2, 3]) })])
      expect(refusal(run, ArgumentError)).toContain(`step: the cell's step returned a tensor [2, 3]; ${contract}`);
    expect(refusal(() => scan(listless, x), ArgumentError)).toContain(
      `returned output a tensor [2, 3] and state a tensor [2, 3]; ${contract}`,
    );
    const whole: Cell<readonly [Tensor]> = { ...good, sequence: (input) => untyped(input) };
    expect(refusal(() => scan(whole, x), ArgumentError)).toContain("sequence: the cell's sequence returned a tensor");
  });

  test("a zeroState that returns no list is told so wherever cells run", () => {
    const words = "zeroState: the cell's zeroState returned a tensor [2, 3]; return a list of tensors";
    const cell = new Bare();
    for (const run of [
      () => scan(cell, x),
      () => cell.forward(zeros([2, 3])),
      () => unroll(cell, { steps: 2, start: zeros([2, 3]) }),
      () => new Recurrent(3, 3, cell).forward(x),
      () => new Recurrent(3, 3, cell).forward(x, [zeros([1, 2, 3])]),
      () => new Recurrent(3, 3, cell).asCell().zeroState(2, x),
    ])
      expect(refusal(run, ArgumentError)).toContain(words);
  });

  test("a state that is no list is refused by scan and unroll", () => {
    const state = untyped(zeros([2, 3]));
    expect(refusal(() => scan(good, x, state), ArgumentError)).toContain("scan: the state is a tensor [2, 3]");
    expect(refusal(() => unroll(good, { steps: 1, start: zeros([2, 3]), state }), ArgumentError)).toContain(
      "unroll: the state is a tensor [2, 3]",
    );
  });
});
