import type { Backend } from "@unrolled/backend";
import { GRU, LSTM, RNN } from "@unrolled/cells";
import type { Generator, Tensor } from "@unrolled/core";
import { Dropout, init, Linear, Module } from "@unrolled/nn";

/** The sizes of a `Forecaster`, as plain data. */
export interface ForecasterSizes {
  readonly cell: "lstm" | "gru" | "rnn";
  /** Features of one step of the window. */
  readonly windowSize: number;
  /** Features of one step to forecast. */
  readonly stepSize: number;
  readonly horizon: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly dropout: number;
}

const layers = { lstm: LSTM, gru: GRU, rnn: RNN } as const;

/**
 * Reads a window with a recurrent layer, then says for each step to come what to add to a first guess. Every step sees the last
 * hidden state and what is known of that step: `head(relu(fromHidden(h) + fromStep(step))) + direct(h)`.
 *
 * @example
 * const y = model.forward(window, steps); // [B, W, F], [B, H, G] -> [B, H]
 */
export class Forecaster extends Module {
  readonly sizes: ForecasterSizes;
  readonly recurrent: LSTM | GRU | RNN;
  readonly drop: Dropout;
  readonly fromHidden: Linear;
  readonly fromStep: Linear;
  readonly head: Linear;
  readonly direct: Linear;

  constructor(sizes: ForecasterSizes, place: { readonly generator?: Generator; readonly backend?: Backend } = {}) {
    super();
    const { cell, windowSize, stepSize, horizon, hiddenSize, numLayers, dropout } = sizes;
    this.sizes = sizes;
    const draw = place.generator === undefined ? {} : { generator: place.generator };
    const between = numLayers > 1 ? { dropout } : {};
    this.recurrent = new layers[cell](windowSize, hiddenSize, { numLayers, batchFirst: true, ...between, ...place });
    this.drop = new Dropout(dropout, draw);
    this.fromHidden = new Linear(hiddenSize, hiddenSize, place);
    this.fromStep = new Linear(stepSize, hiddenSize, { bias: false, ...place });
    this.head = new Linear(hiddenSize, 1, place);
    this.direct = new Linear(hiddenSize, horizon, place);
    this.silence();
  }

  /** Sets the last layers to zero, so that nothing is added to the first guess. A new model starts like this. */
  silence(): void {
    for (const { weight, bias } of [this.head, this.direct]) {
      init.zeros_(weight);
      if (bias !== null) init.zeros_(bias);
    }
  }

  /** `window [B, W, F]`, `steps [B, H, G]` -> `[B, H]`. */
  override forward(window: Tensor, steps: Tensor): Tensor {
    const [outputs] = this.recurrent.forward(window);
    const hidden = this.drop.forward(outputs.select(1, -1));
    const mixed = this.fromHidden.forward(hidden).unsqueeze(1).add(this.fromStep.forward(steps)).relu();
    return this.head.forward(mixed).squeeze(2).add(this.direct.forward(hidden));
  }
}
