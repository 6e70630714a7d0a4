import { Generator, GRU, Linear, LSTM, Module, mseLoss, type Tensor } from "unrolled";
import type { Work } from "./works.js";

const cells = { LSTM, GRU } as const;

/** The network of a work, with weights that depend on the work alone. */
export class Net extends Module {
  readonly cell: LSTM | GRU;
  readonly head: Linear | null;

  constructor({ cell, inputSize, hiddenSize, head }: Work) {
    super();
    this.cell = new cells[cell](inputSize, hiddenSize, { generator: new Generator(1) });
    this.head = head ? new Linear(hiddenSize, 1, { generator: new Generator(2) }) : null;
  }

  override forward(x: Tensor): Tensor {
    const [y] = this.cell.forward(x);
    return this.head ? this.head.forward(y.select(0, -1)) : y;
  }

  loss(x: Tensor, y: Tensor): Tensor {
    return mseLoss(this.forward(x), y);
  }
}
