import { ArgumentError, type HostTensor } from "@unrolled/backend";
import { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from "@unrolled/cells";
import { Embedding, LayerNorm, Linear, type Module } from "@unrolled/nn";
import { denseFromKeras, denseToKeras } from "./feed-forward.js";
import {
  gruFromKeras,
  gruToKeras,
  type KerasRecurrentArrays,
  lstmFromKeras,
  lstmToKeras,
  simpleRnnFromKeras,
  simpleRnnToKeras,
} from "./recurrent.js";

type Tensors = Readonly<Record<string, HostTensor>>;

/** The weights of one Keras layer, or of one direction of a Bidirectional. */
export interface KerasPart {
  /** Folders between the layer's name and its weights: "lstm_cell/", "forward_lstm/lstm_cell/", or "". */
  readonly folder: string;
  readonly direction: "forward" | "backward" | null;
  /** Keras's names in the order of get_weights(). */
  readonly weights: readonly string[];
  /** From arrays by Keras's names to tensors by the module's. */
  fromKeras(arrays: Tensors): Tensors;
  /** From tensors by the module's names to arrays by Keras's. */
  toKeras(tensors: Tensors): Tensors;
}

/** What a Keras layer holds. */
export type KerasLayer = readonly KerasPart[];

interface RecurrentKind {
  readonly cell: string;
  from(arrays: KerasRecurrentArrays, suffix: string): Tensors;
  to(tensors: Tensors, suffix: string): KerasRecurrentArrays;
}

function requireResetForm(resetAfter: boolean, bias: HostTensor | undefined): void {
  if (bias === undefined || (bias.shape.length === 2) === resetAfter) return;
  throw new ArgumentError(
    "fromKeras",
    `the Keras GRU has reset_after=${resetAfter ? "False" : "True"}, the module resetAfter ${resetAfter}`,
    `make the GRU with { resetAfter: ${!resetAfter} }`,
  );
}

function kindOf(module: Module): RecurrentKind | null {
  if (module instanceof RNN || module instanceof RNNCell)
    return {
      cell: "simple_rnn",
      from: (arrays, suffix) => simpleRnnFromKeras(arrays, { suffix }),
      to: (tensors, suffix) => simpleRnnToKeras(tensors, { suffix }),
    };
  if (module instanceof LSTM || module instanceof LSTMCell)
    return {
      cell: "lstm",
      from: (arrays, suffix) => lstmFromKeras(arrays, { suffix }),
      to: (tensors, suffix) => lstmToKeras(tensors, { suffix }),
    };
  if (module instanceof GRU || module instanceof GRUCell) {
    const { resetAfter } = module;
    return {
      cell: "gru",
      from: (arrays, suffix) => {
        requireResetForm(resetAfter, arrays.bias);
        return gruFromKeras(arrays, { suffix });
      },
      to: (tensors, suffix) => gruToKeras(tensors, { suffix, resetAfter }),
    };
  }
  return null;
}

function recurrentPart(
  { cell, from, to }: RecurrentKind,
  hasBias: boolean,
  suffix: string,
  direction: KerasPart["direction"],
): KerasPart {
  return {
    folder: `${direction === null ? "" : `${direction}_${cell}/`}${cell}_cell/`,
    direction,
    weights: ["kernel", "recurrent_kernel", ...(hasBias ? ["bias"] : [])],
    fromKeras: ({ kernel, recurrent_kernel: recurrentKernel, bias }) =>
      from(bias === undefined ? { kernel, recurrentKernel } : { kernel, recurrentKernel, bias }, suffix),
    toKeras: (tensors) => {
      const { kernel, recurrentKernel, bias } = to(tensors, suffix);
      return { kernel, recurrent_kernel: recurrentKernel, ...(bias === undefined ? {} : { bias }) };
    },
  };
}

function recurrentLayers(module: RNN | LSTM | GRU, kind: RecurrentKind): KerasLayer[] {
  if (module instanceof LSTM && module.projSize > 0)
    throw new ArgumentError("keras", `an LSTM with projSize ${module.projSize}`, "Keras has no projections");
  return Array.from({ length: module.numLayers }, (_, layer) => {
    if (!module.bidirectional) return [recurrentPart(kind, module.bias, `_l${layer}`, null)];
    return [
      recurrentPart(kind, module.bias, `_l${layer}`, "forward"),
      recurrentPart(kind, module.bias, `_l${layer}_reverse`, "backward"),
    ];
  });
}

/** Weights that only change their names: Keras's by the module's. */
function renamed(names: Readonly<Record<string, string>>): KerasLayer[] {
  const pairs = Object.entries(names);
  const part: KerasPart = {
    folder: "",
    direction: null,
    weights: Object.values(names),
    fromKeras: (arrays) => Object.fromEntries(pairs.map(([ours, theirs]) => [ours, arrays[theirs]])),
    toKeras: (tensors) => Object.fromEntries(pairs.map(([ours, theirs]) => [theirs, tensors[ours]])),
  };
  return [[part]];
}

function linearLayer({ bias }: Linear): KerasLayer[] {
  const part: KerasPart = {
    folder: "",
    direction: null,
    weights: bias ? ["kernel", "bias"] : ["kernel"],
    fromKeras: (arrays) => denseFromKeras(arrays as { kernel: HostTensor }),
    toKeras: (tensors) => denseToKeras(tensors as { weight: HostTensor }),
  };
  return [[part]];
}

/** The Keras layers that make up a module, one for each of its stacked layers; null for a module that Keras's layers do not match. */
export function kerasLayersOf(module: Module): readonly KerasLayer[] | null {
  const kind = kindOf(module);
  if (kind !== null) {
    if (module instanceof RNN || module instanceof LSTM || module instanceof GRU) return recurrentLayers(module, kind);
    const { bias_ih: bias } = module as RNNCell;
    return [[recurrentPart(kind, bias !== null, "", null)]];
  }
  if (module instanceof Linear) return linearLayer(module);
  if (module instanceof Embedding) return renamed({ weight: "embeddings" });
  if (module instanceof LayerNorm && module.weight)
    return renamed(module.bias ? { weight: "gamma", bias: "beta" } : { weight: "gamma" });
  return null;
}
