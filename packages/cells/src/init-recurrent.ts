import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import {
  concat,
  describeValue,
  full,
  type Generator,
  noGrad,
  scope,
  split,
  type Tensor,
  zerosLike,
} from "@unrolled/core";
import { init } from "@unrolled/nn";
import { LSTMCell, StockCell } from "./cell-modules.js";
import { LSTM } from "./layers.js";
import { RecurrentLayer } from "./recurrent-layer.js";
import type { LSTMWeights } from "./stock-cells.js";

/** A layer or cell with PyTorch's weights: RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell. */
export type StockModule = RecurrentLayer<readonly Tensor[]> | StockCell<readonly Tensor[]>;

function weightsOf(op: string, module: StockModule): readonly LSTMWeights[] {
  if (module instanceof RecurrentLayer)
    return Array.from({ length: module.cellCount }, (_, index) => module.weightsAt(index));
  if (module instanceof StockCell) return [module.weights];
  throw new ArgumentError(
    op,
    "not a layer or cell of RNN, LSTM or GRU",
    "initialise your own cells' parameters with init",
  );
}

/**
 * Sets the forget gate's bias of an LSTM in place, so that bias_ih + bias_hh is `value` there: at 1, a new cell remembers
 * (Gers et al., 2000; Jozefowicz et al., 2015).
 *
 * @param value default 1
 * @throws ArgumentError for other layers, or an LSTM without biases
 * @example
 * setForgetBias_(new LSTM(3, 8));
 */
export function setForgetBias_<M extends LSTM | LSTMCell>(lstm: M, value = 1): M {
  if (!(lstm instanceof LSTM || lstm instanceof LSTMCell))
    throw new ArgumentError("setForgetBias_", "not an LSTM or LSTMCell", "only an LSTM has a forget gate");
  if (!Number.isFinite(value))
    throw new ArgumentError("setForgetBias_", `bias ${describeValue(value)}`, "use a finite number");
  for (const { biasIh, biasHh } of weightsOf("setForgetBias_", lstm)) {
    if (biasIh === null || biasHh === null)
      throw new ArgumentError("setForgetBias_", "the LSTM has no biases", "make it with bias: true");
    inPlace(biasIh, () => {
      const [input, forget, ...rest] = biasIh.chunk(4);
      const other = biasHh.chunk(4)[1];
      const { dtype, backend } = forget;
      return concat([input, full(forget.shape, value, { dtype, backend }).sub(other), ...rest]);
    });
  }
  return lstm;
}

/** A rule of @unrolled/nn's `init`, or "keep" for the values that are there. */
export type WeightInit = "orthogonal" | "xavierUniform" | "xavierNormal" | "kaimingUniform" | "kaimingNormal" | "keep";

/** Options of `initRecurrent_`. */
export interface InitRecurrentOptions {
  /** Weights from the hidden state, gate by gate (and weight_hr). Default "orthogonal" (Saxe et al., 2014). */
  readonly recurrent?: WeightInit;
  /** Weights from the input, gate by gate. Default "xavierUniform". */
  readonly input?: WeightInit;
  /** Default "zeros". */
  readonly bias?: "zeros" | "keep";
  /** LSTM only: the sum of the forget gate's biases. Default 1 where biases are zeroed, else as they are. */
  readonly forgetBias?: number;
  /** The stream to draw from; the default generator when left out. */
  readonly generator?: Generator;
}

type Fill = (gate: Tensor, options: { readonly generator?: Generator }) => Tensor;

const fills: Readonly<Record<Exclude<WeightInit, "keep">, Fill>> = {
  orthogonal: (gate, options) => init.orthogonal_(gate, 1, options),
  xavierUniform: (gate, options) => init.xavierUniform_(gate, 1, options),
  xavierNormal: (gate, options) => init.xavierNormal_(gate, 1, options),
  kaimingUniform: (gate, options) => init.kaimingUniform_(gate, options),
  kaimingNormal: (gate, options) => init.kaimingNormal_(gate, options),
};

/**
 * New initial weights for a recurrent layer or cell, in place; by default those of Keras, but for the orthogonal matrices, of
 * which each gate gets its own.
 *
 * @throws ArgumentError for an unknown rule, or forgetBias where there is no forget gate or no bias
 * @example
 * const lstm = initRecurrent_(new LSTM(3, 8), { recurrent: "orthogonal", forgetBias: 1 });
 */
export function initRecurrent_<M extends StockModule>(module: M, options: InitRecurrentOptions = {}): M {
  requireKnownOptions("initRecurrent_", options, ["recurrent", "input", "bias", "forgetBias", "generator"]);
  const { recurrent = "orthogonal", input = "xavierUniform", bias = "zeros", forgetBias, generator } = options;
  if (bias !== "zeros" && bias !== "keep")
    throw new ArgumentError("initRecurrent_", `bias ${describeValue(bias)}`, 'use "zeros" or "keep"');
  const isLstm = module instanceof LSTM || module instanceof LSTMCell;
  if (forgetBias !== undefined && !isLstm)
    throw new ArgumentError("initRecurrent_", "forgetBias without a forget gate", "only an LSTM has one");
  const draw = generator === undefined ? {} : { generator };
  let hasBias = false;
  for (const { weightIh, weightHh, weightHr, biasIh, biasHh } of weightsOf("initRecurrent_", module)) {
    const gateRows = module.hiddenSize;
    fillGates(weightIh, gateRows, "input", input, draw);
    fillGates(weightHh, gateRows, "recurrent", recurrent, draw);
    if (weightHr) fillGates(weightHr, weightHr.shape[0], "recurrent", recurrent, draw);
    hasBias = biasIh !== null;
    if (bias === "zeros") for (const part of [biasIh, biasHh]) if (part) inPlace(part, () => zerosLike(part));
  }
  if (forgetBias !== undefined) setForgetBias_(module as LSTM | LSTMCell, forgetBias);
  else if (isLstm && hasBias && bias === "zeros") setForgetBias_(module as LSTM | LSTMCell, 1);
  return module;
}

function fillGates(
  weight: Tensor,
  gateRows: number,
  option: string,
  rule: WeightInit,
  draw: { readonly generator?: Generator },
): void {
  if (rule === "keep") return;
  const fill: Fill | undefined = Object.hasOwn(fills, rule) ? fills[rule] : undefined;
  if (fill === undefined) {
    throw new ArgumentError(
      "initRecurrent_",
      `${option} ${describeValue(rule)}`,
      `use ${[...Object.keys(fills), "keep"].map((name) => `"${name}"`).join(", ")}`,
    );
  }
  inPlace(weight, () => concat(split(weight, gateRows, 0).map((gate) => fill(gate, draw))));
}

function inPlace(target: Tensor, make: () => Tensor): void {
  scope((): void => {
    noGrad(() => {
      target.assign_(make());
    });
  });
}
