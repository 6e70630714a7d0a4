import {
  ArgumentError,
  type Backend,
  type DType,
  formatShape,
  requireKnownOptions,
  ShapeError,
} from "@unrolled/backend";
import { type Generator, type RnnNonlinearity, scope, type Tensor, zeros } from "@unrolled/core";
import { init, Module, Parameter } from "@unrolled/nn";
import type { Cell } from "./cell.js";
import { type GateWeights, gruCell, lstmCell, rnnCell } from "./stock-cells.js";

export interface CellOptions {
  /** Learn biases. Default true. */
  readonly bias?: boolean;
  /** The stream for initial weights; the default generator when left out. */
  readonly generator?: Generator;
  readonly dtype?: DType;
  readonly backend?: Backend;
}

/** What RNNCell, LSTMCell and GRUCell share: one step, with PyTorch's parameter names. */
abstract class CellModule<S extends readonly Tensor[]> extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias_ih: Parameter | null;
  readonly bias_hh: Parameter | null;

  protected constructor(inputSize: number, hiddenSize: number, gates: number, options: CellOptions) {
    super();
    requireKnownOptions(new.target.name, options, ["bias", "generator", "dtype", "backend"]);
    const { bias = true, generator, ...place } = options;
    for (const [name, value] of Object.entries({ inputSize, hiddenSize })) {
      if (!Number.isInteger(value) || value < 1)
        throw new ArgumentError(new.target.name, `${name} ${value}`, "use a positive integer");
    }
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    const bound = 1 / Math.sqrt(hiddenSize);
    const rows = gates * hiddenSize;
    const draw = (shape: readonly number[]): Parameter =>
      scope((): Parameter => {
        const parameter = new Parameter(zeros(shape, place));
        return init.uniform_(parameter, -bound, bound, generator ? { generator } : {});
      });
    this.weight_ih = draw([rows, inputSize]);
    this.weight_hh = draw([rows, hiddenSize]);
    this.bias_ih = bias ? draw([rows]) : null;
    this.bias_hh = bias ? draw([rows]) : null;
  }

  /** The cell for `scan`, over this module's weights. */
  abstract asCell(): Cell<S>;

  protected get weights(): GateWeights {
    return { weightIh: this.weight_ih, weightHh: this.weight_hh, biasIh: this.bias_ih, biasHh: this.bias_hh };
  }

  /** One step of x [B, I] or [I]; states likewise, zeros when left out. */
  protected stepOnce(x: Tensor, state: readonly Tensor[] | undefined): readonly Tensor[] {
    const op = this.constructor.name;
    const batched = x.shape.length === 2;
    if ((!batched && x.shape.length !== 1) || x.shape[x.shape.length - 1] !== this.inputSize) {
      throw new ShapeError(
        op,
        `x is ${formatShape(x.shape)}`,
        `give [batch, ${this.inputSize}], or [${this.inputSize}] for one sequence`,
      );
    }
    const rows = batched ? x : x.unsqueeze(0);
    const expected = formatShape(batched ? [x.shape[0], this.hiddenSize] : [this.hiddenSize]);
    for (const part of state ?? []) {
      if (formatShape(part.shape) !== expected)
        throw new ShapeError(op, `a state is ${formatShape(part.shape)}`, `give ${expected}`);
    }
    const cell = this.asCell();
    const start =
      state === undefined
        ? cell.zeroState(rows.shape[0], rows)
        : batched
          ? state
          : state.map((part) => part.unsqueeze(0));
    const projected = cell.project ? cell.project(rows) : rows;
    const next = cell.step(projected, start as unknown as S).state;
    return batched ? next : next.map((part) => part.squeeze(0));
  }
}

/**
 * One Elman step, as torch.nn.RNNCell.
 *
 * @example
 * const h = new RNNCell(3, 8).forward(zeros([5, 3])); // [5, 8]
 */
export class RNNCell extends CellModule<readonly [Tensor]> {
  readonly nonlinearity: RnnNonlinearity;

  constructor(
    inputSize: number,
    hiddenSize: number,
    options: CellOptions & { readonly nonlinearity?: RnnNonlinearity } = {},
  ) {
    const { nonlinearity = "tanh", ...rest } = options;
    if (nonlinearity !== "tanh" && nonlinearity !== "relu") {
      throw new ArgumentError("RNNCell", `nonlinearity ${String(nonlinearity)}`, 'use "tanh" or "relu"');
    }
    super(inputSize, hiddenSize, 1, rest);
    this.nonlinearity = nonlinearity;
  }

  override asCell(): Cell<readonly [Tensor]> {
    return rnnCell(this.weights, this.nonlinearity);
  }

  /** x [B, I], h [B, H] -> next h */
  override forward(x: Tensor, h?: Tensor): Tensor {
    return this.stepOnce(x, h && [h])[0];
  }
}

/**
 * One LSTM step, as torch.nn.LSTMCell.
 *
 * @example
 * const [h, c] = new LSTMCell(3, 8).forward(zeros([5, 3])); // each [5, 8]
 */
export class LSTMCell extends CellModule<readonly [Tensor, Tensor]> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(inputSize, hiddenSize, 4, options);
  }

  override asCell(): Cell<readonly [Tensor, Tensor]> {
    return lstmCell(this.weights);
  }

  /** x [B, I], (h, c) each [B, H] -> next (h, c) */
  override forward(x: Tensor, state?: readonly [h: Tensor, c: Tensor]): [h: Tensor, c: Tensor] {
    const [h, c] = this.stepOnce(x, state);
    return [h, c];
  }
}

/**
 * One GRU step, as torch.nn.GRUCell.
 *
 * @example
 * const h = new GRUCell(3, 8).forward(zeros([5, 3])); // [5, 8]
 */
export class GRUCell extends CellModule<readonly [Tensor]> {
  readonly resetAfter: boolean;

  constructor(inputSize: number, hiddenSize: number, options: CellOptions & { readonly resetAfter?: boolean } = {}) {
    const { resetAfter = true, ...rest } = options;
    super(inputSize, hiddenSize, 3, rest);
    this.resetAfter = resetAfter;
  }

  override asCell(): Cell<readonly [Tensor]> {
    return gruCell(this.weights, { resetAfter: this.resetAfter });
  }

  /** x [B, I], h [B, H] -> next h */
  override forward(x: Tensor, h?: Tensor): Tensor {
    return this.stepOnce(x, h && [h])[0];
  }
}
