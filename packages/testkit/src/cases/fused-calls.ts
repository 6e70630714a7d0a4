import type { Attrs, DType, FusedOp, HostTensor, In } from "@unrolled/backend";
import { random, small, vector } from "../host.js";

/** One call of a fused op. */
export interface FusedCall<K extends FusedOp = FusedOp> {
  readonly op: K;
  readonly label: string;
  readonly inputs: In<K, HostTensor>;
  readonly attrs: Attrs<K>;
  /** Length of the longest sum in a result or a gradient. */
  readonly terms: number;
}

export interface Sizes {
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
}

/** Which of the two biases are given. */
export type Biases = "both" | "input" | "hidden" | "none";

/** `mixed`: some rows of length 0, one, full, and between. */
export type Lengths = "absent" | "full" | "mixed" | "zero";

export interface SequenceVariant {
  readonly sizes: Sizes;
  readonly reverse?: boolean;
  readonly lengths?: Lengths;
  readonly biases?: Biases;
}

/** A sequence op with the attributes that are its own. */
export type Flavour =
  | { readonly op: "rnnSequence"; readonly nonlinearity: "tanh" | "relu" }
  | { readonly op: "lstmSequence"; readonly projects: boolean }
  | { readonly op: "gruSequence"; readonly resetAfter: boolean };

export const flavours: readonly Flavour[] = [
  { op: "rnnSequence", nonlinearity: "tanh" },
  { op: "rnnSequence", nonlinearity: "relu" },
  { op: "lstmSequence", projects: false },
  { op: "lstmSequence", projects: true },
  { op: "gruSequence", resetAfter: true },
  { op: "gruSequence", resetAfter: false },
];

const gatesOf = { rnnSequence: 1, lstmSequence: 4, gruSequence: 3 } as const;

function nameOf(flavour: Flavour): string {
  if (flavour.op === "rnnSequence") return `${flavour.nonlinearity} `;
  if (flavour.op === "gruSequence") return flavour.resetAfter ? "resetAfter " : "resetBefore ";
  return flavour.projects ? "projected " : "";
}

/** Width of the hidden state: other than H where it is projected, if H allows. */
export function widthOf(flavour: Flavour, H: number): number {
  return flavour.op === "lstmSequence" && flavour.projects ? Math.max(1, H - 2) : H;
}

function lengthsOf(kind: Lengths, { T, B }: Sizes): HostTensor | null {
  if (kind === "absent") return null;
  const between = Math.max(1, T - 1);
  const mixed = [between, 0, T, 1];
  return vector(
    "int32",
    Array.from({ length: B }, (_, b) => (kind === "full" ? T : kind === "zero" ? 0 : mixed[b % mixed.length])),
  );
}

function ownAttrs(flavour: Flavour): object {
  if (flavour.op === "lstmSequence") return {};
  const { op: _op, ...own } = flavour;
  return own;
}

export function sequenceCall(flavour: Flavour, dtype: DType, variant: SequenceVariant): FusedCall {
  const { sizes, reverse = false, lengths = "absent", biases = "both" } = variant;
  const { T, B, I, H } = sizes;
  const { op } = flavour;
  const rows = gatesOf[op] * H;
  const width = widthOf(flavour, H);
  const make = (what: string, shape: readonly number[]): HostTensor => random(`${op} ${what}`, dtype, shape, small);
  const label =
    `${nameOf(flavour)}${dtype} T${T} B${B} I${I} H${H}` +
    `${reverse ? " reverse" : ""}${lengths === "absent" ? "" : ` lengths ${lengths}`}` +
    `${biases === "both" ? "" : ` biases ${biases}`}`;
  const states = op === "lstmSequence" ? [make("h", [B, width]), make("c", [B, H])] : [make("h", [B, H])];
  const inputs = [
    make("x", [T, B, I]),
    ...states,
    make("wIh", [rows, I]),
    make("wHh", [rows, width]),
    biases === "both" || biases === "input" ? make("bIh", [rows]) : null,
    biases === "both" || biases === "hidden" ? make("bHh", [rows]) : null,
    lengthsOf(lengths, sizes),
  ];
  if (flavour.op === "lstmSequence") inputs.push(flavour.projects ? make("wHr", [width, H]) : null);
  const attrs = { ...ownAttrs(flavour), reverse };
  return { op, label, inputs, attrs, terms: Math.max(1, T * B) } as unknown as FusedCall;
}

const linearShapes: readonly (readonly [x: readonly number[], out: number])[] = [
  [[3, 5], 7],
  [[7], 3],
  [[17, 33], 5],
  [[1, 1], 1],
  [[2, 3, 5], 4],
  [[2, 1, 3, 2, 3], 2],
  [[0, 3], 2],
  [[33, 17], 33],
];

export function linearCalls(dtype: DType): FusedCall<"linear">[] {
  return linearShapes.flatMap(([shape, O]) => {
    const I = shape[shape.length - 1];
    const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    return [true, false].map(
      (biased): FusedCall<"linear"> => ({
        op: "linear",
        label: `${dtype} [${shape.join(", ")}] to ${O}${biased ? "" : " without bias"}`,
        inputs: [
          random("linear x", dtype, shape, small),
          random("linear weight", dtype, [O, I], small),
          biased ? random("linear bias", dtype, [O], small) : null,
        ],
        attrs: {},
        terms: Math.max(1, rows, O, I),
      }),
    );
  });
}

export function dtypeOfFused(c: FusedCall): DType {
  return c.inputs[0].dtype;
}
