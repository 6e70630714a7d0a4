import type { PrimitiveOp } from "@unrolled/backend";
import type { Tensor } from "../tensor.js";

/** Which inputs an op keeps for its gradient; `otherSide`: each of two operands only if the other's gradient is wanted. */
export type SavedInputs = "none" | "all" | "first" | "second" | "otherSide";

/** What an op keeps for its gradient; `never` marks ops through which no gradient flows. */
export type SavePolicy = { readonly inputs: SavedInputs; readonly output: boolean } | "never";

const nothing: SavePolicy = { inputs: "none", output: false };
const inputs: SavePolicy = { inputs: "all", output: false };
const first: SavePolicy = { inputs: "first", output: false };
const second: SavePolicy = { inputs: "second", output: false };
const otherSide: SavePolicy = { inputs: "otherSide", output: false };
const output: SavePolicy = { inputs: "none", output: true };
const both: SavePolicy = { inputs: "all", output: true };

/** The inputs to keep, in their places; `null` for those that are not needed. */
export function inputsToSave(which: SavedInputs, list: readonly Tensor[]): readonly (Tensor | null)[] {
  if (which === "all") return list;
  if (which === "first") return [list[0]];
  if (which === "second") return [null, list[1]];
  return [list[1].requiresGrad ? list[0] : null, list[0].requiresGrad ? list[1] : null];
}

export const saves: { readonly [K in PrimitiveOp]: SavePolicy } = {
  neg: nothing,
  abs: inputs,
  sign: nothing,
  exp: output,
  log: inputs,
  sqrt: output,
  sin: inputs,
  cos: inputs,
  tanh: output,
  sigmoid: output,
  relu: output,
  erf: inputs,
  add: nothing,
  sub: nothing,
  mul: otherSide,
  div: inputs,
  pow: both,
  maximum: inputs,
  minimum: inputs,
  equal: "never",
  less: "never",
  where: first,
  sum: nothing,
  max: both,
  argmax: "never",
  cumsum: nothing,
  matmul: otherSide,
  reshape: nothing,
  transpose: nothing,
  broadcast: nothing,
  slice: nothing,
  concat: nothing,
  pad: nothing,
  flip: nothing,
  gather: second,
  scatterAdd: second,
  cast: nothing,
  fill: "never",
  iota: "never",
};
