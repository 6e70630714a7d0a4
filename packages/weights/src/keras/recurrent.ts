import { formatShape, type HostTensor, requireKnownOptions, ShapeError } from "@unrolled/backend";
import { reorderBlocks, requireMatrix, requireShape, row, stackRows, sum, transpose, zerosLike } from "./arrays.js";

/** Weights of a Keras SimpleRNN, LSTM or GRU layer, G gates of U units. */
export interface KerasRecurrentArrays {
  /** [inputs, G U] */
  readonly kernel: HostTensor;
  /** [U, G U] */
  readonly recurrentKernel: HostTensor;
  /** [G U]; for a GRU with reset_after [2, 3 U], of the input and of the state. Absent with use_bias=False. */
  readonly bias?: HostTensor;
}

/** Options of functions between PyTorch's names and arrays of Keras. */
export interface TorchNameOptions {
  /** End of the names: "_l0" (default), "_l1_reverse", ..., or "" for RNNCell, LSTMCell and GRUCell. */
  readonly suffix?: string;
}

interface Gates {
  readonly name: string;
  /** Keras's place of each of PyTorch's gates. Each order here is its own inverse. */
  readonly order: readonly number[];
}

const simpleRnn: Gates = { name: "simpleRnn", order: [0] };
/** Keras i, f, c, o are PyTorch's i, f, g, o: the candidate has another letter. */
const lstm: Gates = { name: "lstm", order: [0, 1, 2, 3] };
/** Keras z, r, h are PyTorch's r, z, n. */
const gru: Gates = { name: "gru", order: [1, 0, 2] };

function biasesFrom(op: string, bias: HostTensor, size: number, { order }: Gates): [ih: HostTensor, hh: HostTensor] {
  if (bias.shape.length === 2 && order === gru.order) {
    requireShape(op, "bias", bias, [2, size]);
    return [reorderBlocks(row(bias, 0), order), reorderBlocks(row(bias, 1), order)];
  }
  requireShape(op, "bias", bias, [size]);
  return [reorderBlocks(bias, order), zerosLike(bias)];
}

function fromKeras(
  gates: Gates,
  { kernel, recurrentKernel, bias }: KerasRecurrentArrays,
  options: TorchNameOptions,
): Record<string, HostTensor> {
  const op = `${gates.name}FromKeras`;
  requireKnownOptions(op, options, ["suffix"]);
  const { suffix = "_l0" } = options;
  const [units, size] = requireMatrix(op, "recurrentKernel", recurrentKernel);
  if (size !== gates.order.length * units) {
    throw new ShapeError(
      op,
      `recurrentKernel is ${formatShape(recurrentKernel.shape)}`,
      `it must be [units, ${gates.order.length} units]`,
    );
  }
  const [inputs] = requireMatrix(op, "kernel", kernel);
  requireShape(op, "kernel", kernel, [inputs, size]);
  const tensors: Record<string, HostTensor> = {
    [`weight_ih${suffix}`]: reorderBlocks(transpose(op, "kernel", kernel), gates.order),
    [`weight_hh${suffix}`]: reorderBlocks(transpose(op, "recurrentKernel", recurrentKernel), gates.order),
  };
  if (bias === undefined) return tensors;
  const [ih, hh] = biasesFrom(op, bias, size, gates);
  return { ...tensors, [`bias_ih${suffix}`]: ih, [`bias_hh${suffix}`]: hh };
}

function toKeras(
  gates: Gates,
  tensors: Readonly<Record<string, HostTensor>>,
  options: TorchNameOptions,
  joinBiases: (ih: HostTensor, hh: HostTensor) => HostTensor = sum,
): KerasRecurrentArrays {
  const op = `${gates.name}ToKeras`;
  const { suffix = "_l0" } = options;
  const get = (name: string): HostTensor | undefined => {
    const key = `${name}${suffix}`;
    return Object.hasOwn(tensors, key) ? tensors[key] : undefined;
  };
  const weight = (name: string): HostTensor => {
    const tensor = get(name);
    if (tensor === undefined)
      throw new ShapeError(
        op,
        `there is no ${name}${suffix}`,
        "give a layer's tensors by PyTorch's names, or the suffix they have",
      );
    requireMatrix(op, name, tensor);
    return transpose(op, name, reorderBlocks(tensor, gates.order));
  };
  const arrays = { kernel: weight("weight_ih"), recurrentKernel: weight("weight_hh") };
  const [ih, hh] = [get("bias_ih"), get("bias_hh")];
  if (ih === undefined || hh === undefined) return arrays;
  return { ...arrays, bias: joinBiases(reorderBlocks(ih, gates.order), reorderBlocks(hh, gates.order)) };
}

/**
 * A Keras SimpleRNN layer's weights under PyTorch's names: kernels transposed, the bias as bias_ih beside a bias_hh of zeros.
 * Give backward layers of a Bidirectional the suffix "_l0_reverse".
 *
 * @throws ShapeError if a shape is not that of a SimpleRNN
 * @example
 * const tensors = simpleRnnFromKeras(kerasArrays); // weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0
 */
export function simpleRnnFromKeras(
  arrays: KerasRecurrentArrays,
  options: TorchNameOptions = {},
): Record<string, HostTensor> {
  return fromKeras(simpleRnn, arrays, options);
}

/**
 * A Keras LSTM layer's weights under PyTorch's names: kernels transposed (gates i, f, c, o are i, f, g, o), the bias as bias_ih
 * beside a bias_hh of zeros. Give backward layers of a Bidirectional the suffix "_l0_reverse".
 *
 * @throws ShapeError if a shape is not that of an LSTM
 * @example
 * const { weight_ih_l0 } = lstmFromKeras({ kernel, recurrentKernel, bias }); // kernel [I, 4 H] -> [4 H, I]
 */
export function lstmFromKeras(
  arrays: KerasRecurrentArrays,
  options: TorchNameOptions = {},
): Record<string, HostTensor> {
  return fromKeras(lstm, arrays, options);
}

/**
 * A Keras GRU layer's weights under PyTorch's names: kernels transposed, gates z, r, h put in the order r, z, n. A bias [2, 3 H]
 * (reset_after=True) becomes bias_ih and bias_hh; one of [3 H] (reset_after=False) bias_ih beside zeros, for a GRU with
 * `resetAfter: false`.
 *
 * @throws ShapeError if a shape is not that of a GRU
 * @example
 * const tensors = gruFromKeras(kerasArrays); // weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0
 */
export function gruFromKeras(arrays: KerasRecurrentArrays, options: TorchNameOptions = {}): Record<string, HostTensor> {
  return fromKeras(gru, arrays, options);
}

/**
 * The way back from `simpleRnnFromKeras`; the two biases are added.
 *
 * @example
 * const { kernel, recurrentKernel } = simpleRnnToKeras(tensors);
 */
export function simpleRnnToKeras(
  tensors: Readonly<Record<string, HostTensor>>,
  options: TorchNameOptions = {},
): KerasRecurrentArrays {
  requireKnownOptions("simpleRnnToKeras", options, ["suffix"]);
  return toKeras(simpleRnn, tensors, options);
}

/**
 * The way back from `lstmFromKeras`; the two biases are added.
 *
 * @example
 * const { kernel, recurrentKernel } = lstmToKeras(tensors);
 */
export function lstmToKeras(
  tensors: Readonly<Record<string, HostTensor>>,
  options: TorchNameOptions = {},
): KerasRecurrentArrays {
  requireKnownOptions("lstmToKeras", options, ["suffix"]);
  return toKeras(lstm, tensors, options);
}

/** Options of `gruToKeras`. */
export interface GruToKerasOptions extends TorchNameOptions {
  /** The layer's own; true gives a bias [2, 3 H], false one of [3 H]. Default true. */
  readonly resetAfter?: boolean;
}

/**
 * The way back from `gruFromKeras`.
 *
 * @example
 * const { kernel, recurrentKernel } = gruToKeras(tensors);
 */
export function gruToKeras(
  tensors: Readonly<Record<string, HostTensor>>,
  options: GruToKerasOptions = {},
): KerasRecurrentArrays {
  requireKnownOptions("gruToKeras", options, ["suffix", "resetAfter"]);
  const { resetAfter = true, ...names } = options;
  return toKeras(gru, tensors, names, resetAfter ? stackRows : sum);
}
