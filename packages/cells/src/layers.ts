import { ArgumentError, requireKnownOptions, type Shape } from "@unrolled/backend";
import type { RnnNonlinearity, Tensor } from "@unrolled/core";
import type { Cell } from "./cell.js";
import type { PackedSequence } from "./packed-sequence.js";
import { checkNonlinearity } from "./parameters.js";
import { layerOptions, RecurrentLayer, type RecurrentOptions } from "./recurrent-layer.js";
import type { ForwardOptions, OutputOf } from "./recurrent-stack.js";
import { type GateWeights, gruCell, type LSTMWeights, lstmCell, rnnCell } from "./stock-cells.js";

/** Options of `RNN`. */
export interface RNNOptions extends RecurrentOptions {
  /** Default "tanh". */
  readonly nonlinearity?: RnnNonlinearity;
}

/**
 * Elman RNN, as torch.nn.RNN: h' = tanh(x W_ih^T + b_ih + h W_hh^T + b_hh).
 *
 * Input [T, B, I] ([B, T, I] with batchFirst; [T, I] for one sequence) or a PackedSequence, state [layers * directions, B, H],
 * in the batch's own order. Weights start uniform within +-1/sqrt(H).
 *
 * @throws ShapeError, ArgumentError or DTypeError for what does not fit, with what was got and wanted
 * @example
 * const [y, h] = new RNN(1, 4).forward(zeros([10, 1, 1])); // y [10, 1, 4], h [1, 1, 4]
 */
export class RNN extends RecurrentLayer<readonly [h: Tensor]> {
  readonly nonlinearity: RnnNonlinearity;

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    requireKnownOptions("RNN", options, [...layerOptions, "nonlinearity"]);
    const { nonlinearity = "tanh", ...rest } = options;
    checkNonlinearity("RNN", nonlinearity);
    super("RNN", inputSize, hiddenSize, 1, rest);
    this.nonlinearity = nonlinearity;
  }

  protected override cell(weights: GateWeights): Cell<readonly [h: Tensor]> {
    return rnnCell(weights, this.nonlinearity);
  }

  protected override stateShapes(batch: number): readonly Shape[] {
    return [[batch, this.hiddenSize]];
  }

  /** @returns all outputs of the last layer, packed if x is, and the last hidden state of every layer and direction */
  override forward<X extends Tensor | PackedSequence>(
    x: X,
    h?: Tensor | null,
    options?: ForwardOptions,
  ): [y: OutputOf<X>, h: Tensor] {
    const { output, state } = this.run(x, h === undefined || h === null ? h : [h], options);
    return [output, state[0]];
  }
}

/** Options of `LSTM`. */
export interface LSTMOptions extends RecurrentOptions {
  /** Features of the output and of h, below hiddenSize, by one more matrix (Sak et al., 2014). Default 0: none, so H. */
  readonly projSize?: number;
}

/**
 * LSTM, as torch.nn.LSTM: gates i, f, g, o; c' = f c + i g; h' = o tanh(c'), with projSize W_hr (o tanh(c')).
 *
 * Input [T, B, I] ([B, T, I] with batchFirst; [T, I] for one sequence) or a PackedSequence, state (h, c), each
 * [layers * directions, B, H], in the batch's own order; with projSize P, h [.., P]. Weights start uniform within +-1/sqrt(H).
 *
 * @throws ShapeError, ArgumentError or DTypeError for what does not fit, with what was got and wanted
 * @example
 * const [y, [h, c]] = new LSTM(1, 50, { batchFirst: true }).forward(zeros([32, 10, 1])); // y [32, 10, 50]
 */
export class LSTM extends RecurrentLayer<readonly [h: Tensor, c: Tensor]> {
  readonly projSize: number;

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    requireKnownOptions("LSTM", options, [...layerOptions, "projSize"]);
    const { projSize = 0, ...rest } = options;
    if (!Number.isInteger(projSize) || projSize < 0 || (projSize > 0 && projSize >= hiddenSize)) {
      throw new ArgumentError(
        "LSTM",
        `projSize ${projSize} for hiddenSize ${hiddenSize}`,
        `use an integer below ${hiddenSize}, 0 for no projection`,
      );
    }
    super("LSTM", inputSize, hiddenSize, 4, rest, projSize);
    this.projSize = projSize;
  }

  protected override cell(weights: LSTMWeights): Cell<readonly [h: Tensor, c: Tensor]> {
    return lstmCell(weights);
  }

  protected override stateShapes(batch: number): readonly Shape[] {
    return [
      [batch, this.projSize || this.hiddenSize],
      [batch, this.hiddenSize],
    ];
  }

  /** @returns all outputs of the last layer, packed if x is, and the last (h, c) of every layer and direction */
  override forward<X extends Tensor | PackedSequence>(
    x: X,
    state?: readonly [h: Tensor, c: Tensor] | null,
    options?: ForwardOptions,
  ): [y: OutputOf<X>, state: [h: Tensor, c: Tensor]] {
    const result = this.run(x, state, options);
    return [result.output, [result.state[0], result.state[1]]];
  }
}

/** Options of `GRU`. */
export interface GRUOptions extends RecurrentOptions {
  /** Apply the reset gate after the recurrent product (PyTorch, cuDNN) or before it (the paper, Keras v1). Default true. */
  readonly resetAfter?: boolean;
}

/**
 * GRU, as torch.nn.GRU: gates r, z, n; n = tanh(x_n + r (h W_hn^T + b_hn)); h' = (1 - z) n + z h.
 *
 * Input [T, B, I] ([B, T, I] with batchFirst; [T, I] for one sequence) or a PackedSequence, state [layers * directions, B, H],
 * in the batch's own order. Weights start uniform within +-1/sqrt(H).
 *
 * @throws ShapeError, ArgumentError or DTypeError for what does not fit, with what was got and wanted
 * @example
 * const [y, h] = new GRU(3, 8, { numLayers: 2 }).forward(zeros([10, 5, 3])); // y [10, 5, 8], h [2, 5, 8]
 */
export class GRU extends RecurrentLayer<readonly [h: Tensor]> {
  readonly resetAfter: boolean;

  constructor(inputSize: number, hiddenSize: number, options: GRUOptions = {}) {
    requireKnownOptions("GRU", options, [...layerOptions, "resetAfter"]);
    const { resetAfter = true, ...rest } = options;
    super("GRU", inputSize, hiddenSize, 3, rest);
    this.resetAfter = resetAfter;
  }

  protected override cell(weights: GateWeights): Cell<readonly [h: Tensor]> {
    return gruCell(weights, { resetAfter: this.resetAfter });
  }

  protected override stateShapes(batch: number): readonly Shape[] {
    return [[batch, this.hiddenSize]];
  }

  /** @returns all outputs of the last layer, packed if x is, and the last hidden state of every layer and direction */
  override forward<X extends Tensor | PackedSequence>(
    x: X,
    h?: Tensor | null,
    options?: ForwardOptions,
  ): [y: OutputOf<X>, h: Tensor] {
    const { output, state } = this.run(x, h === undefined || h === null ? h : [h], options);
    return [output, state[0]];
  }
}
