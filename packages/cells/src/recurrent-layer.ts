import { type Backend, type DType, requireKnownOptions, type Shape } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import type { Parameter } from "@unrolled/nn";
import type { Cell } from "./cell.js";
import { drawParameter, requireCounts } from "./parameters.js";
import { RecurrentStack, type StackOptions, stackOptions } from "./recurrent-stack.js";
import type { LSTMWeights } from "./stock-cells.js";

/** Options that `RNN`, `LSTM` and `GRU` share. */
export interface RecurrentOptions extends StackOptions {
  /** Learn biases. Default true. */
  readonly bias?: boolean;
  /** Of the weights. Default "float32". */
  readonly dtype?: DType;
  /** Where the weights live. Default: the default backend. */
  readonly backend?: Backend;
}

export const layerOptions: readonly (keyof RecurrentOptions)[] = [...stackOptions, "bias", "dtype", "backend"];

/** PyTorch's parameter names: `weight_ih_l0`, `bias_hh_l1_reverse`, and `weight_hr_l0` where an LSTM projects. */
export type WeightName = `${"weight" | "bias"}_${"ih" | "hh" | "hr"}_l${string}`;

/** What RNN, LSTM and GRU share: parameters under PyTorch's names. */
export abstract class RecurrentLayer<S extends readonly Tensor[]> extends RecurrentStack<S> {
  readonly hiddenSize: number;
  readonly bias: boolean;
  readonly [weight: WeightName]: Parameter;
  readonly #weights: LSTMWeights[] = [];

  /**
   * @param op the name in error messages
   * @param gates how many gates share a weight matrix
   * @param projSize features of a projected hidden state; 0 for none
   */
  protected constructor(
    op: string,
    inputSize: number,
    hiddenSize: number,
    gates: number,
    options: RecurrentOptions,
    projSize: number = 0,
  ) {
    requireKnownOptions(op, options, layerOptions);
    super(op, inputSize, options);
    requireCounts(op, { hiddenSize });
    const { bias = true } = options;
    this.hiddenSize = hiddenSize;
    this.bias = bias;
    const bound = 1 / Math.sqrt(hiddenSize);
    const rows = gates * hiddenSize;
    const outputSize = projSize || hiddenSize;
    for (let index = 0; index < this.cellCount; index++) {
      const columns = index < this.directions ? inputSize : outputSize * this.directions;
      const add = (name: string, shape: Shape): void => {
        const value = drawParameter(shape, bound, options);
        Object.defineProperty(this, `${name}_${this.#suffix(index)}`, { value, enumerable: true });
      };
      add("weight_ih", [rows, columns]);
      add("weight_hh", [rows, outputSize]);
      if (bias) {
        add("bias_ih", [rows]);
        add("bias_hh", [rows]);
      }
      if (projSize > 0) add("weight_hr", [projSize, hiddenSize]);
    }
  }

  /** `l0`, `l0_reverse`, `l1`, ... */
  #suffix(index: number): string {
    const layer = Math.floor(index / this.directions);
    return index % this.directions === 0 ? `l${layer}` : `l${layer}_reverse`;
  }

  /** The weights of one layer and direction, by its place in the state: layer * directions + direction. */
  weightsAt(index: number): LSTMWeights {
    this.#weights[index] ??= this.#findWeights(this.#suffix(index));
    return this.#weights[index];
  }

  #findWeights(suffix: string): LSTMWeights {
    const weight = (name: string): Parameter => this[`${name}_${suffix}` as WeightName];
    return {
      weightIh: weight("weight_ih"),
      weightHh: weight("weight_hh"),
      biasIh: this.bias ? weight("bias_ih") : null,
      biasHh: this.bias ? weight("bias_hh") : null,
      weightHr: weight("weight_hr") ?? null,
    };
  }

  /** The cell over one layer and direction's weights. */
  protected abstract cell(weights: LSTMWeights): Cell<S>;

  protected override referenceWeight(): Tensor {
    return this.weight_ih_l0;
  }

  protected override partName(index: number): string {
    return index === 0 ? "h" : "c";
  }

  protected override cellAt(index: number): Cell<S, unknown> {
    return this.cell(this.weightsAt(index));
  }
}
