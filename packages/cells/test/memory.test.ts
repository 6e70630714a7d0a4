import { cpu } from "@unrolled/backend-cpu";
import {
  GRU,
  GRUCell,
  gradientNormByTime,
  LSTM,
  LSTMCell,
  packPadded,
  padPacked,
  Recurrent,
  RNN,
  RNNCell,
} from "@unrolled/cells";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { mseLoss } from "@unrolled/nn";
import { Adam } from "@unrolled/optim";
import { referenceBackend } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";

setDefaultBackend(cpu());

const layers = [RNN, LSTM, GRU].map((Layer) => [Layer.name, Layer] as const);

describe.each([false, true])("on a device that counts buffers, fused kernels %s", (fused) => {
  test.each(layers)("%s: making and training it leaves nothing behind", (_name, Layer) => {
    const device = referenceBackend({ fused });
    const layer = new Layer(1, 2, { numLayers: 2, batchFirst: true, backend: device });
    expect(device.memory().buffers).toBe(8);
    const optimizer = new Adam(layer.parameters(), { lr: 0.01 });
    const x = tensor(
      [
        [[0.1], [0.5], [-0.3]],
        [[0.2], [0.9], [0.4]],
      ],
      { backend: device },
    );
    const target = tensor(
      [
        [0.5, -0.5],
        [0.1, 0.2],
      ],
      { backend: device },
    );
    const made = device.memory().buffers;
    const buffers = [1, 2, 3].map(() => {
      const loss: Tensor = optimizer.step(
        () => mseLoss(layer.forward(x, undefined, { lengths: [3, 2] })[0].select(1, -2), target),
        { clipGradNorm: 1 },
      );
      expect(loss.item()).toBeGreaterThan(0);
      loss.dispose();
      return device.memory().buffers;
    });
    // one gradient for each of eight parameters
    expect(buffers).toEqual([made + 8, made + 8, made + 8]);
    optimizer.zeroGrad();
    expect(device.memory().buffers).toBe(made);
  });
});

test.each([RNNCell, LSTMCell, GRUCell].map((Cell) => [Cell.name, Cell] as const))(
  "%s: making it leaves its parameters alone on a device",
  (_name, Cell) => {
    const device = referenceBackend();
    const cell = new Cell(2, 3, { backend: device });
    expect(device.memory().buffers).toBe(4);
    cell.loadStateDict(new Cell(2, 3, { backend: device }).stateDict());
    expect(cell.weight_ih.isDisposed).toBe(false);
  },
);

test("a projected layer, a layer of cells and packed sequences leave nothing behind on a device", () => {
  const device = referenceBackend();
  const layers = [
    new LSTM(1, 3, { projSize: 2, bidirectional: true, backend: device }),
    new Recurrent(1, 2, (inputSize) => new LSTMCell(inputSize, 2, { backend: device }), { bidirectional: true }),
  ];
  const x = tensor(
    [
      [[0.1], [0.5]],
      [[0.2], [0.9]],
      [[-0.7], [0.3]],
    ],
    { backend: device },
  );
  for (const layer of layers) {
    const optimizer = new Adam(layer.parameters(), { lr: 0.01 });
    const buffers = [1, 2, 3].map(() => {
      const loss: Tensor = optimizer.step(() => {
        const [y, [h]] = layer.forward(packPadded(x, [1, 3], { enforceSorted: false }));
        return padPacked(y)[0].square().mean().add(h.mean());
      });
      loss.dispose();
      gradientNormByTime(layer, x, (y) => y.sum()).dispose();
      return device.memory().buffers;
    });
    expect(buffers).toEqual([buffers[0], buffers[0], buffers[0]]);
  }
});
