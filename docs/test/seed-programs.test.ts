// The first updates of the three oldest programs go the same way on every backend.
import {
  Adam,
  type Backend,
  Generator,
  manualSeed,
  mseLoss,
  RNN,
  randn,
  randomSubsequence,
  withBackend,
} from "unrolled";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { learnSine } from "../examples/elman-sine.js";
import { openBackend } from "../examples/lib/backends.js";
import { loaders, RnnLstm } from "../examples/lstm-windows.js";
import { train as trainRnn } from "../examples/rnn-subsequences.js";

vi.setConfig({ testTimeout: 60_000 }); // a machine that does other work besides

const updates = 50;

/** The losses of a program's first updates. */
type Program = (backend: Backend) => Promise<number[]>;

const programs: Readonly<Record<string, Program>> = {
  // 20 updates an epoch, whose losses it sums
  "elman-sine": async (backend) =>
    withBackend(backend, () => {
      const generator = new Generator(1);
      const sums: number[] = [];
      const weights = {
        w1: randn([7, 6], { std: 0.4, requiresGrad: true, generator }),
        w2: randn([6, 1], { std: 0.3, requiresGrad: true, generator }),
      };
      learnSine(weights, Math.ceil(updates / 20), (_, loss) => sums.push(loss));
      return sums;
    }),
  "rnn-subsequences": async (backend) =>
    withBackend(backend, () => {
      manualSeed(2);
      const model = new RNN(1, 4);
      return [
        ...trainRnn(
          model,
          Array.from({ length: updates }, () => randomSubsequence()),
        ),
      ];
    }),
  "lstm-windows": async (backend) => {
    manualSeed(3);
    const model = await new RnnLstm().to(backend);
    const optimizer = new Adam(model.parameters());
    const losses: number[] = [];
    while (losses.length < updates) {
      for (const [x, y] of loaders(backend).trainLoader) {
        losses.push(optimizer.step(() => mseLoss(model.forward(x), y)).item());
        x.dispose();
        y.dispose();
      }
    }
    return losses;
  },
};

describe.each(Object.entries(programs))("%s", (_, program) => {
  let expected: number[];
  beforeAll(async () => {
    expected = await program(await openBackend("cpu"));
  });

  it.each(["tfjs:cpu", "tfjs:wasm"] as const)("on %s is within 1e-4 of cpu", async (name) => {
    const backend = await openBackend(name);
    const losses = await program(backend);
    await backend.dispose();
    expect(losses).toHaveLength(expected.length);
    const worst = Math.max(...losses.map((loss, i) => Math.abs(loss - expected[i]) / Math.abs(expected[i])));
    expect(worst).toBeLessThanOrEqual(1e-4);
  });
});
