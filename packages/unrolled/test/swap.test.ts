// A model that changes backends in mid-training goes on with the same curve.
import { tfjs } from "@unrolled/backend-tfjs";
import { Adam, type Backend, cpu, Generator, GRU, Linear, Module, mseLoss, randn, type Tensor } from "unrolled";
import { expect, test } from "vitest";

class Net extends Module {
  gru = new GRU(3, 8, { numLayers: 2, bidirectional: true, generator: new Generator(1) });
  head = new Linear(16, 1, { generator: new Generator(2) });

  override forward(x: Tensor): Tensor {
    const [y] = this.gru.forward(x);
    return this.head.forward(y.select(0, -1));
  }
}

/** Losses of 12 updates on each backend in turn. */
async function curve(backends: readonly Backend[]): Promise<number[]> {
  const net = new Net();
  const optimizer = new Adam(net.parameters(), { lr: 0.01 });
  const generator = new Generator(3);
  const data = { x: randn([7, 4, 3], { generator }), y: randn([4, 1], { generator }) };
  const losses: number[] = [];
  for (const backend of backends) {
    await net.to(backend);
    await optimizer.to(backend);
    const [x, y] = [await data.x.to(backend), await data.y.to(backend)];
    for (let i = 0; i < 12; i++) {
      const loss = optimizer.step(() => mseLoss(net.forward(x), y));
      losses.push((await loss.data())[0]);
      loss.dispose();
    }
  }
  return losses;
}

test("cpu, wasm, tfjs cpu, and back", async () => {
  const [here, wasm, plain] = [cpu(), await tfjs("wasm"), await tfjs("cpu")];
  const expected = await curve([here, here, here, here]);
  const actual = await curve([here, wasm, plain, here]);
  actual.forEach((loss, i) => {
    expect(Math.abs(loss - expected[i])).toBeLessThanOrEqual(1e-4 * Math.abs(expected[i]));
  });
  expect(expected[47]).toBeLessThan(0.1 * expected[0]);
  expect(wasm.memory().buffers).toBeLessThan(10); // what moved away was freed; the copies of x and y wait for the collector
  await wasm.dispose();
  await plain.dispose();
});
