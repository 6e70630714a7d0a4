// A training file must do, under ONNX Runtime alone, what the eager step does.
import { loadOnnx } from "@unrolled/backend-onnx";
import { exportTraining, type TrainingManifest } from "@unrolled/onnx";
import {
  Adam,
  AdamW,
  bernoulli,
  type DType,
  Generator,
  GRU,
  GraphError,
  type HostTensor,
  hostInput,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  type Optimizer,
  randn,
  SGD,
  type Tensor,
} from "unrolled";
import { describe, expect, it } from "vitest";

const steps = 50;

class Net extends Module {
  readonly cell: LSTM | GRU;
  readonly head: Linear;
  constructor(cell: "LSTM" | "GRU", dropout = 0) {
    super();
    // masks come from the default generator, so that the test can draw the same ones
    const options = { batchFirst: true, numLayers: 2, dropout, ...(dropout === 0 && { generator: new Generator(1) }) };
    this.cell = cell === "LSTM" ? new LSTM(2, 6, options) : new GRU(2, 6, options);
    this.head = new Linear(6, 1, { generator: new Generator(2) });
  }
  override forward(x: Tensor): Tensor {
    const [y] = this.cell.forward(x) as [Tensor, unknown];
    return this.head.forward(y.select(1, -1));
  }
}

function batches(): [Tensor, Tensor][] {
  const generator = new Generator(3);
  return Array.from({ length: steps }, (_, i) => {
    const [batch, time] = [1 + (i % 4), 2 + (i % 5)];
    return [randn([batch, time, 2], { generator }), randn([batch, 1], { generator })];
  });
}

const host = (t: Tensor): HostTensor => ({ data: t.dataSync(), shape: t.shape, dtype: t.dtype });
const float = (value: number, dtype: DType): HostTensor => ({
  data: dtype === "float64" ? Float64Array.of(value) : Float32Array.of(value),
  shape: [],
  dtype,
});

/** What a program in another language does: feeds the manifest's inputs, and the state back. */
async function trainFile(
  bytes: Uint8Array,
  manifest: TrainingManifest,
  initial: Readonly<Record<string, HostTensor>>,
  rateOf: (step: number, value: number) => number,
): Promise<{ losses: number[]; state: Record<string, HostTensor> }> {
  const session = await loadOnnx(bytes, { threads: 1, state: {} });
  let state: Record<string, HostTensor> = { ...initial };
  const losses: number[] = [];
  for (const [i, [x, y]] of batches().entries()) {
    const rates = manifest.rates.map(({ name, dtype, value }) => [name, float(rateOf(i, value), dtype)]);
    const masks = manifest.masks.map(({ name, shape, probability }) => {
      const sizes: Record<string, number> = { batch: x.shape[0], time: x.shape[1] };
      const numbers = shape.map((size) => (typeof size === "number" ? size : sizes[size]));
      return [name, host(bernoulli(numbers, probability))];
    });
    const results = await session.run({
      x: host(x),
      y: host(y),
      ...Object.fromEntries(rates),
      ...Object.fromEntries(masks),
      ...state,
    });
    losses.push(results.loss.data[0]);
    state = Object.fromEntries(manifest.state.map(({ input, output }) => [input, results[output]]));
  }
  await session.dispose();
  return { losses, state };
}

const inputs = { x: ["batch", "time", 2], y: ["batch", 1] } as const;
const optimizers: Record<string, (net: Net) => Optimizer<{ lr: number }>> = {
  SGD: (net) => new SGD(net.parameters(), { lr: 0.05, momentum: 0.9, weightDecay: 0.01 }) as never,
  Adam: (net) => new Adam(net.parameters(), { lr: 0.01 }) as never,
  AdamW: (net) => new AdamW(net.parameters(), { lr: 0.01 }) as never,
};

describe.each(["LSTM", "GRU"] as const)("a training file of an %s", (cell) => {
  it.each(Object.keys(optimizers))(
    "with %s gives the eager losses for 50 steps of changing sizes and rates",
    async (name) => {
      const net = new Net(cell);
      const optimizer = optimizers[name](net);
      const step = (x: Tensor, y: Tensor): Tensor =>
        optimizer.step(() => mseLoss(net.forward(x), y), { clipGradNorm: 0.5 });
      const { bytes, manifest, initial } = await exportTraining(step, { inputs, state: [net, optimizer] });
      expect(manifest.rates.map(({ name: rate }) => rate)).toEqual([`${name}.0.lr`]);
      expect(manifest.masks).toEqual([]);
      const rateOf = (i: number, value: number): number => value * 0.98 ** i;
      const file = await trainFile(bytes, manifest, initial, rateOf);
      const [{ lr }] = optimizer.paramGroups;
      for (const [i, [x, y]] of batches().entries()) {
        optimizer.paramGroups[0].lr = rateOf(i, lr);
        expect(Math.abs(file.losses[i] / step(x, y).item() - 1), `step ${i}`).toBeLessThanOrEqual(1e-4);
      }
      for (const [key, parameter] of net.namedParameters()) {
        const trained = file.state[key].data;
        for (const [i, w] of parameter.dataSync().entries()) expect(Math.abs(trained[i] - w)).toBeLessThanOrEqual(1e-4);
      }
    },
  );
});

describe("exportTraining", () => {
  it("counts on from steps that were taken before", async () => {
    const make = () => {
      const net = new Net("LSTM");
      const optimizer = new Adam(net.parameters(), { lr: 0.01 });
      const step = (x: Tensor, y: Tensor): Tensor => optimizer.step(() => mseLoss(net.forward(x), y));
      for (const [x, y] of batches().slice(0, 7)) step(x, y);
      return { net, optimizer, step };
    };
    const { net, optimizer, step } = make();
    const { bytes, manifest, initial } = await exportTraining(step, { inputs, state: [net, optimizer] });
    const file = await trainFile(bytes, manifest, initial, (_, value) => value);
    for (const [i, [x, y]] of batches().entries())
      expect(Math.abs(file.losses[i] / step(x, y).item() - 1)).toBeLessThanOrEqual(1e-4);
  });

  it("leaves dropout masks to the caller, with their probability", async () => {
    const net = new Net("LSTM", 0.25);
    const optimizer = new SGD(net.parameters(), { lr: 0.05 });
    const step = (x: Tensor, y: Tensor): Tensor => optimizer.step(() => mseLoss(net.forward(x), y));
    const { bytes, manifest, initial } = await exportTraining(step, { inputs, state: [net, optimizer] });
    expect(manifest.masks).toEqual([
      { name: expect.any(String), dtype: "float32", shape: ["time", "batch", 6], probability: 0.75 },
    ]);
    manualSeed(5);
    const file = await trainFile(bytes, manifest, initial, (_, value) => value);
    manualSeed(5);
    for (const [i, [x, y]] of batches().entries())
      expect(Math.abs(file.losses[i] / step(x, y).item() - 1)).toBeLessThanOrEqual(1e-4);
  });

  it("describes the file, which is small and the same for any length", async () => {
    const net = new Net("LSTM");
    const optimizer = new Adam(net.parameters());
    const step = (x: Tensor, y: Tensor): Tensor => optimizer.step(() => mseLoss(net.forward(x), y));
    const { bytes, manifest, initial } = await exportTraining(step, { inputs, state: [net, optimizer] });
    expect(manifest.inputs).toEqual([
      { name: "x", dtype: "float32", shape: ["batch", "time", 2] },
      { name: "y", dtype: "float32", shape: ["batch", 1] },
    ]);
    expect(manifest.outputs).toEqual([{ name: "loss", dtype: "float32", shape: [] }]);
    expect(Object.keys(initial)).toEqual(manifest.state.map(({ input }) => input));
    expect(manifest.state.at(-1)).toEqual({ input: "step", output: "step.next", dtype: "float64", shape: [] });
    expect(bytes.length).toBeLessThan(60_000);
    expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
  });

  it("refuses what only this program can compute", async () => {
    const net = new Net("LSTM");
    const optimizer = new SGD(net.parameters(), { lr: 0.05 });
    const step = (x: Tensor, y: Tensor): Tensor =>
      optimizer.step(() =>
        mseLoss(net.forward(x), y).mul(hostInput(() => Math.random(), [], { name: "noise", backend: x.backend })),
      );
    await expect(exportTraining(step, { inputs, state: [net, optimizer] })).rejects.toThrow(GraphError);
    await expect(exportTraining(step, { inputs, state: [net, optimizer] })).rejects.toThrow(/noise/);
  });
});
