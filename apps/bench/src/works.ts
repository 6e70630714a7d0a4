import { DataLoader, Generator, rand, randn, type Tensor, windowSine } from "unrolled";

/** A training step to time: sizes, weights and batches that every peer starts from. */
export interface Work {
  readonly name: string;
  readonly title: string;
  readonly cell: "LSTM" | "GRU";
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** A Linear(hiddenSize, 1) on the last hidden state; else the loss is over all of them. */
  readonly head: boolean;
  /** x [T, B, I] with the target [B, 1] or [T, B, H]. */
  batches(): [Tensor, Tensor][];
  /** How often the batches are gone through in one repetition. */
  readonly epochs: number;
  readonly unit: string;
}

function middle(cell: Work["cell"], name: string): Work {
  const [T, B, I, H] = [64, 32, 64, 256];
  return {
    name,
    title: `${cell} ${I} -> ${H}, batch ${B}, ${T} steps: one training step (Adam)`,
    cell,
    inputSize: I,
    hiddenSize: H,
    head: false,
    batches: () => {
      const generator = new Generator(4);
      return [[randn([T, B, I], { generator }), rand([T, B, H], { generator }).sub(0.5)]];
    },
    epochs: 1,
    unit: "ms a step",
  };
}

const sine: Work = {
  name: "W3",
  title: "LSTM(1, 50) and Linear on sine windows, batch 32: five epochs (Adam)",
  cell: "LSTM",
  inputSize: 1,
  hiddenSize: 50,
  head: true,
  batches: () => {
    const loader = new DataLoader(windowSine().trainWindows, { batchSize: 32 });
    return [...loader].map(([x, y]): [Tensor, Tensor] => [x.swapAxes(0, 1), y]);
  },
  epochs: 5,
  unit: "ms for 5 epochs",
};

export const works: readonly Work[] = [sine, middle("LSTM", "W4"), middle("GRU", "W4-GRU")];
