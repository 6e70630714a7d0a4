import {
  ArgumentError,
  type Backend,
  type DType,
  formatShape,
  requireKnownOptions,
  ShapeError,
} from "@unrolled/backend";
import { describeValue, type Generator, type RnnNonlinearity, type Tensor } from "@unrolled/core";
import { Module, type Parameter } from "@unrolled/nn";
import type { Cell, CellResult, SequenceOptions } from "./cell.js";
import { requireLikeWeights, requireTensor } from "./checks.js";
import { checkNonlinearity, drawParameter, requireCounts } from "./parameters.js";
import { stepOnce } from "./recurrent-cell.js";
import { type GateWeights, gruCell, lstmCell, rnnCell } from "./stock-cells.js";

/** Options of `RNNCell`, `LSTMCell` and `GRUCell`. */
export interface CellOptions {
  /** Learn biases. Default true. */
  readonly bias?: boolean;
  /** The stream for initial weights; the default generator when left out. */
  readonly generator?: Generator;
  /** Of the weights. Default "float32". */
  readonly dtype?: DType;
  /** Where the weights live. Default: the default backend. */
  readonly backend?: Backend;
}

const cellOptions: readonly (keyof CellOptions)[] = ["bias", "generator", "dtype", "backend"];

/** What RNNCell, LSTMCell and GRUCell share: PyTorch's parameters, and one step of batches or single sequences. */
export abstract class StockCell<S extends readonly Tensor[]> extends Module implements Cell<S> {
  protected readonly op: string;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias_ih: Parameter | null;
  readonly bias_hh: Parameter | null;

  /** @param op the name in error messages; a class's own name would not survive minifying */
  protected constructor(op: string, inputSize: number, hiddenSize: number, gates: number, options: CellOptions) {
    requireKnownOptions(op, options, cellOptions);
    super();
    requireCounts(op, { inputSize, hiddenSize });
    this.op = op;
    const { bias = true } = options;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    const bound = 1 / Math.sqrt(hiddenSize);
    const rows = gates * hiddenSize;
    this.weight_ih = drawParameter([rows, inputSize], bound, options);
    this.weight_hh = drawParameter([rows, hiddenSize], bound, options);
    this.bias_ih = bias ? drawParameter([rows], bound, options) : null;
    this.bias_hh = bias ? drawParameter([rows], bound, options) : null;
  }

  protected abstract get cell(): Cell<S>;

  get weights(): GateWeights {
    return { weightIh: this.weight_ih, weightHh: this.weight_hh, biasIh: this.bias_ih, biasHh: this.bias_hh };
  }

  zeroState(batch: number, like: Tensor): S {
    return this.cell.zeroState(batch, like);
  }

  project(x: Tensor): Tensor {
    return (this.cell as Required<Cell<S>>).project(x);
  }

  step(x: Tensor, state: S): CellResult<S> {
    return this.cell.step(x, state);
  }

  sequence(x: Tensor, state: S, options: SequenceOptions): CellResult<S> {
    return (this.cell as Required<Cell<S>>).sequence(x, state, options);
  }

  /** One step of x [B, I] or [I]; states likewise, zeros when left out. */
  protected stepOnce(x: Tensor, state: readonly Tensor[] | null | undefined): readonly Tensor[] {
    requireTensor(this.op, "x", x);
    const batched = x.shape.length === 2;
    if ((!batched && x.shape.length !== 1) || x.shape[x.shape.length - 1] !== this.inputSize) {
      throw new ShapeError(
        this.op,
        `x is ${formatShape(x.shape)}`,
        `give [batch, ${this.inputSize}], or [${this.inputSize}] for one sequence`,
      );
    }
    const expected = formatShape(batched ? [x.shape[0], this.hiddenSize] : [this.hiddenSize]);
    requireLikeWeights(this.op, "x", x, this.weight_ih);
    for (const [i, part] of (state ?? []).entries()) {
      const name = i === 0 ? "h" : "c";
      requireTensor(this.op, name, part, `give a tensor ${expected}`);
      if (formatShape(part.shape) !== expected)
        throw new ShapeError(this.op, `${name} is ${formatShape(part.shape)}`, `give ${expected}`);
      requireLikeWeights(this.op, name, part, this.weight_ih);
    }
    if (batched) return stepOnce(this, x, state as S | null | undefined).state;
    const start = state?.map((part) => part.unsqueeze(0)) as S | undefined;
    return stepOnce(this, x.unsqueeze(0), start).state.map((part) => part.squeeze(0));
  }
}

/**
 * One Elman step, as torch.nn.RNNCell; also a cell for `scan` and `Recurrent`.
 *
 * @example
 * const h = new RNNCell(3, 8).forward(zeros([5, 3])); // [5, 8]
 */
export class RNNCell extends StockCell<readonly [h: Tensor]> {
  readonly nonlinearity: RnnNonlinearity;

  constructor(
    inputSize: number,
    hiddenSize: number,
    options: CellOptions & { readonly nonlinearity?: RnnNonlinearity } = {},
  ) {
    requireKnownOptions("RNNCell", options, [...cellOptions, "nonlinearity"]);
    const { nonlinearity = "tanh", ...rest } = options;
    checkNonlinearity("RNNCell", nonlinearity);
    super("RNNCell", inputSize, hiddenSize, 1, rest);
    this.nonlinearity = nonlinearity;
  }

  protected override get cell(): Cell<readonly [h: Tensor]> {
    return rnnCell(this.weights, this.nonlinearity);
  }

  /** x [B, I], h [B, H] -> next h */
  override forward(x: Tensor, h?: Tensor | null): Tensor {
    return this.stepOnce(x, h === undefined || h === null ? h : [h])[0];
  }
}

/**
 * One LSTM step, as torch.nn.LSTMCell; also a cell for `scan` and `Recurrent`.
 *
 * @example
 * const [h, c] = new LSTMCell(3, 8).forward(zeros([5, 3])); // each [5, 8]
 */
export class LSTMCell extends StockCell<readonly [h: Tensor, c: Tensor]> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super("LSTMCell", inputSize, hiddenSize, 4, options);
  }

  protected override get cell(): Cell<readonly [h: Tensor, c: Tensor]> {
    return lstmCell(this.weights);
  }

  /**
   * x [B, I], (h, c) each [B, H] -> next (h, c)
   *
   * @throws ArgumentError if the state is not a list of two tensors
   */
  override forward(x: Tensor, state?: readonly [h: Tensor, c: Tensor] | null): [h: Tensor, c: Tensor] {
    if (state !== undefined && state !== null && (!Array.isArray(state) || state.length !== 2))
      throw new ArgumentError("LSTMCell", `the state is ${describeValue(state)}`, "give the list [h, c], 2 tensors");
    const [h, c] = this.stepOnce(x, state);
    return [h, c];
  }
}

/**
 * One GRU step, as torch.nn.GRUCell; also a cell for `scan` and `Recurrent`.
 *
 * @example
 * const h = new GRUCell(3, 8).forward(zeros([5, 3])); // [5, 8]
 */
export class GRUCell extends StockCell<readonly [h: Tensor]> {
  readonly resetAfter: boolean;

  /** @param options `resetAfter` as in `GRU` */
  constructor(inputSize: number, hiddenSize: number, options: CellOptions & { readonly resetAfter?: boolean } = {}) {
    requireKnownOptions("GRUCell", options, [...cellOptions, "resetAfter"]);
    const { resetAfter = true, ...rest } = options;
    super("GRUCell", inputSize, hiddenSize, 3, rest);
    this.resetAfter = resetAfter;
  }

  protected override get cell(): Cell<readonly [h: Tensor]> {
    return gruCell(this.weights, { resetAfter: this.resetAfter });
  }

  /** x [B, I], h [B, H] -> next h */
  override forward(x: Tensor, h?: Tensor | null): Tensor {
    return this.stepOnce(x, h === undefined || h === null ? h : [h])[0];
  }
}
