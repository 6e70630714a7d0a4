// What the goldens are worth against a backend that computes wrongly: one defect at a time is planted in the CPU's kernels of
// whole sequences, and the comparison of every combination of options has to name each case that it concerns, and no other.
import type { Backend, TypedArray } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { LSTM } from "@unrolled/cells";
import { describe, expect, test } from "vitest";
import { largestDigestError, nameOf, type ProductCase, productCases, type Run } from "./support/product.js";

type Op = "rnnSequence" | "lstmSequence" | "gruSequence";
type Buffers = readonly (TypedArray | null)[];

/** A call of any of the three ops. */
interface SequenceCall {
  readonly attrs: { readonly reverse: boolean; readonly resetAfter?: boolean; readonly nonlinearity?: "tanh" | "relu" };
  readonly in: readonly ({ readonly shape: readonly number[] } | null)[];
  readonly out: readonly unknown[];
}

interface SequenceKernel {
  accepts(call: SequenceCall): boolean;
  forward(inputs: Buffers, call: SequenceCall, save: boolean): { out: Buffers; reserve?: unknown };
  backward(
    cotangents: Buffers,
    inputs: Buffers,
    outputs: Buffers,
    reserve: unknown,
    call: SequenceCall,
    wanted: readonly boolean[],
  ): Buffers;
  release(reserve: unknown): void;
}

/** Where an op's inputs stand: x, the state, then weights, biases and lengths. */
interface Layout {
  readonly op: Op;
  readonly kind: ProductCase["kind"];
  readonly gates: number;
  readonly states: number;
  readonly wIh: number;
  readonly wHh: number;
  readonly bIh: number;
  readonly bHh: number;
  readonly lengths: number;
}

const [rnn, lstm, gru] = (
  [
    ["rnnSequence", "RNN", 1, 1],
    ["lstmSequence", "LSTM", 4, 2],
    ["gruSequence", "GRU", 3, 1],
  ] as const
).map(([op, kind, gates, states]): Layout => {
  const wIh = 1 + states;
  return { op, kind, gates, states, wIh, wHh: wIh + 1, bIh: wIh + 2, bHh: wIh + 3, lengths: wIh + 4 };
});
const all = [rnn, lstm, gru];

interface Defect {
  readonly name: string;
  readonly of: readonly Layout[];
  readonly concerns: (golden: ProductCase) => boolean;
  readonly call?: (call: SequenceCall, layout: Layout) => SequenceCall;
  readonly inputs?: (inputs: Buffers, call: SequenceCall, layout: Layout) => Buffers;
  readonly outputs?: (outputs: Buffers, inputs: Buffers, call: SequenceCall, layout: Layout) => Buffers;
  readonly cotangents?: (cotangents: Buffers, inputs: Buffers, call: SequenceCall, layout: Layout) => Buffers;
  readonly gradients?: (gradients: Buffers, call: SequenceCall, layout: Layout) => Buffers;
}

/** A CPU backend whose kernel has the defect, in both passes alike. */
function plant(defect: Defect, layout: Layout): Backend {
  const sound = cpu();
  const kernel = sound.fused?.[layout.op] as unknown as SequenceKernel;
  const read = (call: SequenceCall, inputs: Buffers): readonly [SequenceCall, Buffers] => [
    defect.call?.(call, layout) ?? call,
    defect.inputs?.(inputs, call, layout) ?? inputs,
  ];
  const wrong: SequenceKernel = {
    accepts: (call) => kernel.accepts(call),
    forward(inputs, call, save) {
      const [called, given] = read(call, inputs);
      const { out, ...rest } = kernel.forward(given, called, save);
      return { out: defect.outputs?.(out, inputs, call, layout) ?? out, ...rest };
    },
    backward(cotangents, inputs, outputs, reserve, call, wanted) {
      const [called, given] = read(call, inputs);
      const arriving = defect.cotangents?.(cotangents, inputs, call, layout) ?? cotangents;
      const gradients = kernel.backward(arriving, given, outputs, reserve, called, wanted);
      return defect.gradients?.(gradients, call, layout) ?? gradients;
    },
    release: (reserve) => kernel.release(reserve),
  };
  return { ...sound, name: "cpu-wrong", fused: { ...sound.fused, [layout.op]: wrong } } as Backend;
}

function replaceAt(buffers: Buffers, changes: Readonly<Record<number, (buffer: TypedArray) => TypedArray>>): Buffers {
  return buffers.map((buffer, i) => (buffer && changes[i] ? changes[i](buffer) : buffer));
}

const zeros = (buffer: TypedArray): TypedArray => buffer.slice().fill(0);

/** Exchanges two of a buffer's equal blocks of rows. */
function swapBlocks(blocks: number, a: number, b: number): (buffer: TypedArray) => TypedArray {
  return (buffer) => {
    const size = buffer.length / blocks;
    const swapped = buffer.slice();
    swapped.set(buffer.subarray(a * size, (a + 1) * size), b * size);
    swapped.set(buffer.subarray(b * size, (b + 1) * size), a * size);
    return swapped;
  };
}

/** Transposes each gate's square block. */
function transposeBlocks(call: SequenceCall): (buffer: TypedArray) => TypedArray {
  const [, size] = (call.in[1] as { shape: readonly number[] }).shape;
  return (buffer) => {
    const at = (i: number): number => i - (i % size ** 2) + (i % size) * size + (Math.floor(i / size) % size);
    return buffer.map((_, i) => buffer[at(i)]);
  };
}

/** Changes weights or biases on the way in, and their gradients back on the way out. */
function misread(
  change: (call: SequenceCall, layout: Layout) => (buffer: TypedArray) => TypedArray,
  which: (layout: Layout) => readonly number[],
): Pick<Defect, "inputs" | "gradients"> {
  const both = (buffers: Buffers, call: SequenceCall, layout: Layout): Buffers =>
    replaceAt(buffers, Object.fromEntries(which(layout).map((i) => [i, change(call, layout)])));
  return { inputs: both, gradients: both };
}

const weightsAndBiases = ({ wIh, wHh, bIh, bHh }: Layout): readonly number[] => [wIh, wHh, bIh, bHh];

/** The call and its inputs without lengths. */
const withoutLengths: Required<Pick<Defect, "call" | "inputs">> = {
  call: (call, { lengths }) => ({ ...call, in: call.in.map((meta, i) => (i === lengths ? null : meta)) }),
  inputs: (inputs, _call, { lengths }) => inputs.map((buffer, i) => (i === lengths ? null : buffer)),
};

/** Zeros past each sequence's end in [T, B, H]. */
function endAt(lengths: TypedArray, call: SequenceCall): (buffer: TypedArray) => TypedArray {
  const [batch, size] = (call.in[1] as { shape: readonly number[] }).shape;
  return (buffer) =>
    buffer.map((value, i) => (Math.floor(i / (batch * size)) < lengths[Math.floor(i / size) % batch] ? value : 0));
}

const projectionAt = 8;
const projected = ({ options }: ProductCase): boolean => options.projSize !== undefined;
/** Where each gate's block of w_hh can be transposed; with one projected unit there is nothing to transpose. */
const square = (golden: ProductCase): boolean => !projected(golden);
const always = (): boolean => true;
const biased = ({ options }: ProductCase): boolean => options.bias;
const ragged = ({ lengths }: ProductCase): boolean => lengths;
const started = ({ gradients }: ProductCase): boolean => gradients.initialState !== null;

const defects: readonly Defect[] = [
  {
    name: "gates in the order i, f, o, g",
    of: [lstm],
    concerns: always,
    ...misread(() => swapBlocks(4, 2, 3), weightsAndBiases),
  },
  {
    name: "gates in the order z, r, n",
    of: [gru],
    concerns: always,
    ...misread(() => swapBlocks(3, 0, 1), weightsAndBiases),
  },
  {
    name: "a transposed w_hh",
    of: all,
    concerns: square,
    ...misread(transposeBlocks, ({ wHh }) => [wHh]),
  },
  {
    name: "a transposed gradient of w_hh",
    of: all,
    concerns: square,
    gradients: (gradients, call, { wHh }) => replaceAt(gradients, { [wHh]: transposeBlocks(call) }),
  },
  {
    name: "columns of w_hr exchanged",
    of: [lstm],
    concerns: projected,
    ...misread(
      () => (buffer) => buffer.toReversed(),
      () => [projectionAt],
    ),
  },
  {
    name: "a dropped gradient of w_hr",
    of: [lstm],
    concerns: projected,
    gradients: (gradients) => replaceAt(gradients, { [projectionAt]: zeros }),
  },
  {
    name: "the other form of reset",
    of: [gru],
    concerns: always,
    call: (call) => ({ ...call, attrs: { ...call.attrs, resetAfter: !call.attrs.resetAfter } }),
  },
  {
    name: "the other nonlinearity",
    of: [rnn],
    concerns: always,
    call: (call) => ({
      ...call,
      attrs: { ...call.attrs, nonlinearity: call.attrs.nonlinearity === "relu" ? "tanh" : "relu" },
    }),
  },
  {
    name: "a dropped gradient of b_ih",
    of: all,
    concerns: biased,
    gradients: (gradients, _call, { bIh }) => replaceAt(gradients, { [bIh]: zeros }),
  },
  {
    name: "a dropped gradient of b_hh",
    of: all,
    concerns: biased,
    gradients: (gradients, _call, { bHh }) => replaceAt(gradients, { [bHh]: zeros }),
  },
  {
    name: "b_ih and b_hh exchanged",
    of: [gru],
    concerns: biased,
    inputs: (inputs, _call, { bIh, bHh }) =>
      replaceAt(inputs, { [bIh]: () => inputs[bHh] as TypedArray, [bHh]: () => inputs[bIh] as TypedArray }),
  },
  { name: "lengths ignored", of: all, concerns: ragged, ...withoutLengths },
  {
    name: "a reverse direction that starts at the last step, not at each sequence's own end",
    of: all,
    concerns: (golden) => ragged(golden) && golden.options.bidirectional === true,
    call: (call, layout) => (call.attrs.reverse ? withoutLengths.call(call, layout) : call),
    inputs: (inputs, call, layout) => (call.attrs.reverse ? withoutLengths.inputs(inputs, call, layout) : inputs),
    outputs: (outputs, inputs, call, { lengths }) => {
      const ends = inputs[lengths];
      return call.attrs.reverse && ends ? replaceAt(outputs, { 0: endAt(ends, call) }) : outputs;
    },
    cotangents: (cotangents, inputs, call, { lengths }) => {
      const ends = inputs[lengths];
      return call.attrs.reverse && ends ? replaceAt(cotangents, { 0: endAt(ends, call) }) : cotangents;
    },
  },
  {
    name: "a last state that is the last step's, not the one at each sequence's own end",
    of: all,
    concerns: ragged,
    outputs: (outputs, _inputs, call) => {
      const y = outputs[0] as TypedArray;
      return call.attrs.reverse ? outputs : replaceAt(outputs, { 1: (h) => y.slice(y.length - h.length) });
    },
  },
  {
    name: "no gradient from the last state",
    of: all,
    concerns: always,
    cotangents: (cotangents) => cotangents.map((g, i) => (i === 0 ? g : null)),
  },
  {
    name: "an initial state that is ignored",
    of: all,
    concerns: started,
    inputs: (inputs, _call, { states }) =>
      inputs.map((buffer, i) => (buffer && i >= 1 && i <= states ? zeros(buffer) : buffer)),
  },
  {
    name: "a dropped gradient of the initial state",
    of: all,
    concerns: started,
    gradients: (gradients, _call, { states }) =>
      gradients.map((buffer, i) => (buffer && i >= 1 && i <= states ? zeros(buffer) : buffer)),
  },
];

const forward: Run = (layer, x, state, lengths) => {
  const options = lengths ? { lengths } : {};
  if (layer instanceof LSTM) {
    const [y, last] = layer.forward(x, state && [state[0], state[1]], options);
    return [y, ...last];
  }
  return layer.forward(x, state?.[0], options);
};

/** The cases of one kind of layer that a backend fails. */
function failures(backend: Backend, kind: Layout["kind"], dtype: "float32" | "float64"): ProductCase[] {
  const tolerance = { float32: 1e-5, float64: 1e-10 }[dtype];
  return productCases.filter(
    (golden) => golden.kind === kind && !(largestDigestError(golden, forward, { dtype, backend }) < tolerance),
  );
}

describe.each(["float32", "float64"] as const)("in %s", (dtype) => {
  test.each(all)("$kind: no defect", (layout) => {
    const none = { name: "none", of: all, concerns: () => false };
    expect(failures(plant(none, layout), layout.kind, dtype).map(nameOf)).toEqual([]);
  });

  test.each(
    defects.flatMap((defect) => defect.of.map((layout) => [layout.kind, defect.name, defect, layout] as const)),
  )("%s: %s", (kind, _name, defect, layout) => {
    const found = new Set(failures(plant(defect, layout), kind, dtype).map(nameOf));
    const concerned = productCases.filter((golden) => golden.kind === kind && defect.concerns(golden));
    const missed = concerned.filter((golden) => !found.has(nameOf(golden)));
    const elsewhere = [...found].filter((name) => !concerned.some((golden) => nameOf(golden) === name));
    expect(elsewhere).toEqual([]);
    // Where relu has put all units to rest, there is no state for a defect to spoil.
    expect(missed.filter(({ options }) => options.nonlinearity !== "relu").map(nameOf)).toEqual([]);
    expect(missed.length).toBeLessThanOrEqual(concerned.length / 8);
    expect(found.size).toBeGreaterThan(0);
  });
});
