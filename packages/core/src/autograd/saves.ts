import type { PrimitiveOp } from "@unrolled/backend";

/** What an op keeps for its gradient; `never` marks ops through which no gradient flows. */
export type SavePolicy = { readonly inputs: boolean; readonly output: boolean } | "never";

const nothing: SavePolicy = { inputs: false, output: false };
const inputs: SavePolicy = { inputs: true, output: false };
const output: SavePolicy = { inputs: false, output: true };
const both: SavePolicy = { inputs: true, output: true };

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
  mul: inputs,
  div: inputs,
  pow: both,
  maximum: inputs,
  minimum: inputs,
  equal: "never",
  less: "never",
  where: inputs,
  sum: nothing,
  max: both,
  argmax: "never",
  cumsum: nothing,
  matmul: inputs,
  reshape: nothing,
  transpose: nothing,
  broadcast: nothing,
  slice: nothing,
  concat: nothing,
  pad: nothing,
  flip: nothing,
  gather: inputs,
  scatterAdd: inputs,
  cast: nothing,
  fill: "never",
  iota: "never",
};
