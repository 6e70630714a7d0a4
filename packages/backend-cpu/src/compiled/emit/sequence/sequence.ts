import type { Attrs, TypedArray } from "@unrolled/backend";
import {
  flagRelu,
  flagResetAfter,
  flagReverse,
  flagSave,
  TASK_BYTES,
  type TaskWord,
  taskWords,
} from "../../../fast/sequence-task.js";
import { type Sizes, sequenceEnds, sizesOf } from "../../../sequence/shared.js";
import type { KernelExports } from "../../../wasm/kernel-exports.js";
import type { BoundBackward, BoundOp } from "../../bind/bound.js";
import { Value } from "../../bind/value.js";
import type { Piece } from "../../plan/piece.js";
import type { Emission } from "../emission.js";

type Cell = "rnn" | "lstm" | "gru";
const cells: Readonly<Record<string, Cell>> = { rnnSequence: "rnn", lstmSequence: "lstm", gruSequence: "gru" };

/** Where the inputs of each cell's op stand, in the task's words. */
const states: Readonly<Record<Cell, readonly TaskWord[]>> = { rnn: ["h0"], lstm: ["h0", "c0"], gru: ["h0"] };
const inputWords = (cell: Cell): TaskWord[] => ["x", ...states[cell], "wIh", "wHh", "bIh", "bHh", "lengths", "wHr"];
const outputWords: readonly TaskWord[] = ["y", "hLast", "cLast"];
const cotangentWords: readonly TaskWord[] = ["dy", "dhLast", "dcLast"];
const gradientOf: { readonly [W in TaskWord]?: TaskWord } = {
  x: "dx",
  h0: "dh0",
  c0: "dc0",
  wIh: "dwIh",
  wHh: "dwHh",
  bIh: "dbIh",
  bHh: "dbHh",
  wHr: "dwHr",
};

/** A sequence op that the kernels take: float32 without empty tensors. */
interface Sequence {
  readonly cell: Cell;
  readonly node: BoundOp;
  readonly sizes: Sizes;
  /** Of the hidden state; H unless an LSTM projects it. */
  readonly width: number;
  readonly flags: number;
  readonly reserveBytes: number;
  readonly scratchBytes: number;
}

const mostBytes = 2 ** 31;

function sequenceOf(node: BoundOp, kernels: KernelExports): Sequence | null {
  const cell = cells[node.op];
  const values = [...node.inputs, ...node.outputs].filter((value) => value !== null);
  const [x, h, c] = node.inputs as readonly Value[];
  if (cell === undefined || x.dtype !== "float32" || values.some(({ length }) => length === 0)) return null;
  const sizes = sizesOf(x, cell === "lstm" ? c : h);
  const { T, B, I, H } = sizes;
  const width = h.shape[1];
  const projects = Number(Boolean(node.inputs[8]));
  const reserveBytes = node.saves ? kernels[`${cell}ReserveBytes`](T, B, I, H, width, projects) : 0;
  const scratchBytes = kernels[`${cell}${node.saves ? "Scratch" : "Inference"}Bytes`](T, B, I, H, width, projects);
  if (reserveBytes + scratchBytes > mostBytes) return null;
  const attrs = node.attrs as Partial<Attrs<"rnnSequence"> & Attrs<"gruSequence">>;
  const flags =
    (attrs.reverse ? flagReverse : 0) |
    (node.saves ? flagSave : 0) |
    (attrs.nonlinearity === "relu" ? flagRelu : 0) |
    (attrs.resetAfter ? flagResetAfter : 0);
  return { cell, node, sizes, width, flags, reserveBytes, scratchBytes };
}

const floats = (bytes: number): Value => Value.scratch(Math.ceil(bytes / 4));

/** Whole sequences by the kernels in the same memory; what a forward pass keeps is found by its node. */
export class Sequences {
  readonly #kernels: KernelExports;
  readonly #reserves = new Map<BoundOp, Value>();

  constructor(kernels: KernelExports) {
    this.#kernels = kernels;
  }

  forward(node: BoundOp): Piece | null {
    const sequence = sequenceOf(node, this.#kernels);
    if (sequence === null) return null;
    const { cell, sizes, width, scratchBytes, reserveBytes } = sequence;
    const { T, B, H } = sizes;
    const scratch = floats(scratchBytes);
    // Kernels write all of their outputs.
    const lengths = [T * B * width, B * width, B * H];
    const outputs = node.outputs.map((value, i) => value ?? Value.scratch(lengths[i]));
    const values: Partial<Record<TaskWord, Value | null>> = { scratch };
    inputWords(cell).forEach((word, i) => {
      values[word] = node.inputs[i] ?? null;
    });
    outputs.forEach((value, i) => {
      values[outputWords[i]] = value;
    });
    const reserve = node.saves ? floats(reserveBytes) : null;
    if (reserve) {
      this.#reserves.set(node, reserve);
      values.reserve = reserve;
    }
    return {
      kind: "piece",
      reads: node.inputs.filter((value) => value !== null),
      writes: [...outputs, ...(reserve ? [reserve] : [])],
      scratch: [scratch],
      mayRaise: values.lengths !== null,
      emit: (emission) => {
        if (values.lengths) checkLengths(emission, sequence, values.lengths);
        callCell(emission, sequence, "Forward", values);
      },
    };
  }

  backward(node: BoundBackward): Piece | null {
    const { forward } = node;
    const reserve = this.#reserves.get(forward);
    const sequence = sequenceOf(forward, this.#kernels);
    if (reserve === undefined || sequence === null) return null;
    const scratch = floats(sequence.scratchBytes);
    const values: Partial<Record<TaskWord, Value | null>> = { scratch, reserve };
    inputWords(sequence.cell).forEach((word, i) => {
      values[word] = forward.inputs[i] ?? null;
      const gradient = gradientOf[word];
      if (gradient) values[gradient] = node.outputs[i] ?? null;
    });
    forward.outputs.forEach((value, i) => {
      values[outputWords[i]] = value;
    });
    node.inputs.forEach((value, i) => {
      values[cotangentWords[i]] = value;
    });
    const reads = [...forward.inputs, ...forward.outputs, ...node.inputs, reserve];
    return {
      kind: "piece",
      reads: reads.filter((value) => value !== null),
      writes: node.outputs.filter((value) => value !== null),
      scratch: [scratch],
      mayRaise: false,
      emit: (emission) => callCell(emission, sequence, "Backward", values),
    };
  }
}

function checkLengths({ callHost, view }: Emission, { node, sizes }: Sequence, lengths: Value): void {
  const elements = view(lengths);
  callHost(() => {
    sequenceEnds(node.op as "rnnSequence", elements() as TypedArray, sizes);
  });
}

/** All addresses are known, so the task is written once, with the constants. */
function callCell(
  { address, place, callKernel }: Emission,
  { cell, sizes, width, flags }: Sequence,
  pass: "Forward" | "Backward",
  values: Partial<Record<TaskWord, Value | null>>,
): void {
  const { T, B, I, H } = sizes;
  const numbers: Partial<Record<TaskWord, number>> = { T, B, I, H, P: width, flags };
  const words = new Int32Array(TASK_BYTES / 4);
  taskWords.forEach((word, i) => {
    const value = values[word];
    words[i] = numbers[word] ?? (value ? address(value).offset : 0);
  });
  callKernel(`${cell}${pass}`, [place(words)], T * B * H * (I + H));
}
