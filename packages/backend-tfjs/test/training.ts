import { Adam, type Backend, Generator, Linear, LSTM, Module, mseLoss, randn, type Tensor } from "unrolled";

export const [steps, batch, features, hidden] = [5, 3, 2, 4];

export class Net extends Module {
  lstm = new LSTM(features, hidden, { generator: new Generator(1) });
  head = new Linear(hidden, 1, { generator: new Generator(2) });

  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.head.forward(y.select(0, -1));
  }
}

export interface Training {
  readonly net: Net;
  readonly optimizer: Adam;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly loss: (x: Tensor, y: Tensor) => Tensor;
}

/** A small model with its optimiser and one batch, all on a backend. */
export async function training(backend: Backend): Promise<Training> {
  const generator = new Generator(3);
  const net = await new Net().to(backend);
  const x = randn([steps, batch, features], { generator, backend });
  const y = randn([batch, 1], { generator, backend });
  return { net, optimizer: new Adam(net.parameters()), x, y, loss: (x, y) => mseLoss(net.forward(x), y) };
}
