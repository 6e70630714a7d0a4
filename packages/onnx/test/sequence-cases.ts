import type { Graph, GraphValue } from "@unrolled/backend";
import { GraphMaker } from "./graph-maker.js";
import type { SequenceCase } from "./naive-sequence.js";
import { random } from "./numbers.js";
import { type Host, host } from "./values.js";

export const kinds = ["tanh", "relu", "lstm", "gru", "gruResetBefore"] as const;
const gates = { tanh: 1, relu: 1, lstm: 4, gru: 3, gruResetBefore: 3 };

export interface Sizes {
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
}

/** Random tensors for one sequence op; biases present, no lengths, forwards, unless told. */
export function makeCase(
  kind: SequenceCase["kind"],
  { T, B, I, H }: Sizes,
  options: { reverse?: boolean; lengths?: readonly number[]; bIh?: boolean; bHh?: boolean } = {},
): SequenceCase {
  const G = gates[kind];
  return {
    kind,
    reverse: options.reverse ?? false,
    x: random([T, B, I], 1),
    h: random([B, H], 2),
    c: random([B, H], 3),
    wIh: random([G * H, I], 4, 1 / Math.sqrt(I)),
    wHh: random([G * H, H], 5, 1 / Math.sqrt(H)),
    bIh: options.bIh === false ? null : random([G * H], 6),
    bHh: options.bHh === false ? null : random([G * H], 7),
    lengths: options.lengths ? host("int32", [B], options.lengths) : null,
  };
}

function sequenceOp(g: GraphMaker, s: SequenceCase, v: Record<string, GraphValue | null>): GraphValue[] {
  const rest = [v.wIh, v.wHh, v.bIh, v.bHh, v.lengths];
  const { reverse } = s;
  if (s.kind === "lstm") return g.op("lstmSequence", [v.x, v.h, v.c, ...rest], { reverse });
  if (s.kind === "tanh" || s.kind === "relu") {
    return g.op("rnnSequence", [v.x, v.h, ...rest], { nonlinearity: s.kind, reverse });
  }
  return g.op("gruSequence", [v.x, v.h, ...rest], { resetAfter: s.kind === "gru", reverse });
}

/** A graph of one sequence op with outputs y, h_n, c_n, and what to feed it. */
export function sequenceGraph(
  s: SequenceCase,
  constantWeights: boolean,
): { graph: Graph; inputs: Record<string, Host> } {
  const g = new GraphMaker();
  const values: Record<string, GraphValue | null> = {};
  const inputs: Record<string, Host> = {};
  for (const name of ["x", "h", "c", "wIh", "wHh", "bIh", "bHh", "lengths"] as const) {
    const tensor = s[name];
    const constant = constantWeights && /^[wb]/.test(name);
    if (tensor === null) values[name] = null;
    else if (constant) values[name] = g.constant(tensor.data, tensor.shape, tensor.dtype);
    else {
      values[name] = g.input(name, tensor.shape, tensor.dtype);
      inputs[name] = tensor;
    }
  }
  const outputs = sequenceOp(g, s, values);
  ["y", "h_n", "c_n"].slice(0, outputs.length).forEach((name, i) => {
    g.output(name, outputs[i]);
  });
  return { graph: g.build(), inputs };
}
