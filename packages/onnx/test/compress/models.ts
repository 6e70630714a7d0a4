import { floats, info, model, node } from "../import/model-maker.js";
import { random } from "../numbers.js";

export type Kind = "LSTM" | "GRU" | "RNN";
const gates = { LSTM: 4, GRU: 3, RNN: 1 };

/** A matrix whose rows and columns differ in size fourfold, so that a scale in the wrong place shows. */
export function weight(name: string, dims: readonly number[], size: number, seed: number): ReturnType<typeof floats> {
  const [rows, columns] = [dims.at(-2) ?? 1, dims.at(-1) ?? 1];
  const uneven = (i: number): number => ((1 + (i % 4)) * (1 + ((Math.floor(i / columns) % rows) % 4))) / 16;
  return floats(
    name,
    dims,
    Array.from(random(dims, seed).data, (value, i) => size * value * uneven(i)),
  );
}

/** A node whose name is its own: ONNX Runtime takes no two of one name. */
export function named(...[opType, input, output, attributes]: Parameters<typeof node>): ReturnType<typeof node> {
  return { ...node(opType, input, output, attributes), name: `${opType} to ${output[0]}` };
}

export const inputs = 8;
export const hidden = 32;
export const outputs = 5;

/** A layer over x [time, batch, 8], both directions if told, and a linear head on every step: y [time · batch, 5], last state h. */
export function recurrent(
  kind: Kind,
  { twoWays = false, gemm = false, H = hidden }: { twoWays?: boolean; gemm?: boolean; H?: number } = {},
): Uint8Array {
  const D = twoWays ? 2 : 1;
  const rows = gates[kind] * H;
  const attributes = {
    hidden_size: H,
    ...(twoWays && { direction: "bidirectional" }),
    ...(kind === "GRU" && { linear_before_reset: 1 }),
  };
  const flat = { name: "flat", dims: [2n], dataType: 7, int64Data: [-1n, BigInt(D * H)] };
  const head = gemm
    ? [node("Gemm", ["wide", "head.weight", "head.bias"], ["y"], { transB: 1 })]
    : [node("MatMul", ["wide", "head.weight"], ["product"]), node("Add", ["product", "head.bias"], ["y"])];
  return model({
    input: [info("x", ["time", "batch", inputs])],
    output: [info("y", ["rows", outputs]), info("h", [D, "batch", H])],
    node: [
      node(kind, ["x", "W", "R", "B"], ["steps", "h"], attributes),
      node("Transpose", ["steps"], ["turned"], { perm: [0, 2, 1, 3] }),
      node("Reshape", ["turned", "flat"], ["wide"]),
      ...head,
    ],
    initializer: [
      weight("W", [D, rows, inputs], 1, 11),
      weight("R", [D, rows, H], 0.5, 12),
      weight("B", [D, 2 * rows], 0.3, 13),
      weight("head.weight", gemm ? [outputs, D * H] : [D * H, outputs], 0.7, 14),
      weight("head.bias", [outputs], 0.3, 15),
      flat,
    ],
  });
}
