import { ArgumentError } from "@unrolled/backend";
import type { RnnNonlinearity, Tensor } from "@unrolled/core";
import type { Cell } from "./cell.js";
import { type ForwardOptions, RecurrentLayer, type RecurrentOptions } from "./recurrent-layer.js";
import { type GateWeights, gruCell, lstmCell, rnnCell } from "./stock-cells.js";

export interface RNNOptions extends RecurrentOptions {
  /** Default "tanh". */
  readonly nonlinearity?: RnnNonlinearity;
}

/**
 * Elman RNN, as torch.nn.RNN: h' = tanh(x W_ih^T + b_ih + h W_hh^T + b_hh).
 *
 * Input [T, B, I] ([B, T, I] with batchFirst; [T, I] for one sequence), state [layers * directions, B, H].
 * Weights start uniform within +-1/sqrt(H).
 *
 * @example
 * const [y, h] = new RNN(1, 4).forward(zeros([10, 1, 1])); // y [10, 1, 4], h [1, 1, 4]
 */
export class RNN extends RecurrentLayer<readonly [Tensor]> {
  readonly nonlinearity: RnnNonlinearity;
  protected override readonly stateCount = 1;

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const { nonlinearity = "tanh", ...rest } = options;
    if (nonlinearity !== "tanh" && nonlinearity !== "relu") {
      throw new ArgumentError("RNN", `nonlinearity ${String(nonlinearity)}`, 'use "tanh" or "relu"');
    }
    super(inputSize, hiddenSize, 1, rest);
    this.nonlinearity = nonlinearity;
  }

  protected override cell(weights: GateWeights): Cell<readonly [Tensor]> {
    return rnnCell(weights, this.nonlinearity);
  }

  /** @returns all outputs of the last layer, and the last hidden state of every layer and direction */
  override forward(x: Tensor, h?: Tensor, options: ForwardOptions = {}): [y: Tensor, h: Tensor] {
    const { output, state } = this.run(x, h && [h], options);
    return [output, state[0]];
  }
}

/**
 * LSTM, as torch.nn.LSTM: gates i, f, g, o; c' = f c + i g; h' = o tanh(c').
 *
 * Input [T, B, I] ([B, T, I] with batchFirst; [T, I] for one sequence), state (h, c), each [layers * directions, B, H].
 * Weights start uniform within +-1/sqrt(H).
 *
 * @example
 * const [y, [h, c]] = new LSTM(1, 50, { batchFirst: true }).forward(zeros([32, 10, 1])); // y [32, 10, 50]
 */
export class LSTM extends RecurrentLayer<readonly [Tensor, Tensor]> {
  protected override readonly stateCount = 2;

  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(inputSize, hiddenSize, 4, options);
  }

  protected override cell(weights: GateWeights): Cell<readonly [Tensor, Tensor]> {
    return lstmCell(weights);
  }

  /** @returns all outputs of the last layer, and the last (h, c) of every layer and direction */
  override forward(
    x: Tensor,
    state?: readonly [h: Tensor, c: Tensor],
    options: ForwardOptions = {},
  ): [y: Tensor, state: [h: Tensor, c: Tensor]] {
    const result = this.run(x, state, options);
    return [result.output, [result.state[0], result.state[1]]];
  }
}

export interface GRUOptions extends RecurrentOptions {
  /** Apply the reset gate after the recurrent product (PyTorch, cuDNN) or before it (the paper, Keras v1). Default true. */
  readonly resetAfter?: boolean;
}

/**
 * GRU, as torch.nn.GRU: gates r, z, n; n = tanh(x_n + r (h W_hn^T + b_hn)); h' = (1 - z) n + z h.
 *
 * Input [T, B, I] ([B, T, I] with batchFirst; [T, I] for one sequence), state [layers * directions, B, H].
 * Weights start uniform within +-1/sqrt(H).
 *
 * @example
 * const [y, h] = new GRU(3, 8, { numLayers: 2 }).forward(zeros([10, 5, 3])); // y [10, 5, 8], h [2, 5, 8]
 */
export class GRU extends RecurrentLayer<readonly [Tensor]> {
  readonly resetAfter: boolean;
  protected override readonly stateCount = 1;

  constructor(inputSize: number, hiddenSize: number, options: GRUOptions = {}) {
    const { resetAfter = true, ...rest } = options;
    super(inputSize, hiddenSize, 3, rest);
    this.resetAfter = resetAfter;
  }

  protected override cell(weights: GateWeights): Cell<readonly [Tensor]> {
    return gruCell(weights, { resetAfter: this.resetAfter });
  }

  /** @returns all outputs of the last layer, and the last hidden state of every layer and direction */
  override forward(x: Tensor, h?: Tensor, options: ForwardOptions = {}): [y: Tensor, h: Tensor] {
    const { output, state } = this.run(x, h && [h], options);
    return [output, state[0]];
  }
}
