import type { PrimitiveOp } from "@unrolled/backend";
import { castCases, fillCases, iotaCases } from "./creation.js";
import { binaryCases, unaryCases, whereCases } from "./elementwise.js";
import { gatherCases, scatterAddCases } from "./indexing.js";
import { matmulCases } from "./matmul.js";
import { broadcastCases, flipCases, reshapeCases, transposeCases } from "./movement.js";
import type { OpCase } from "./op-case.js";
import { argmaxCases, cumsumCases, maxCases, sumCases } from "./reductions.js";
import { concatCases, padCases, sliceCases } from "./windows.js";

/** The calls each primitive is tried with: an op without any does not compile. */
export const primitiveCases: { readonly [K in PrimitiveOp]: () => readonly OpCase[] } = {
  neg: () => unaryCases("neg"),
  abs: () => unaryCases("abs"),
  sign: () => unaryCases("sign"),
  exp: () => unaryCases("exp"),
  log: () => unaryCases("log"),
  sqrt: () => unaryCases("sqrt"),
  sin: () => unaryCases("sin"),
  cos: () => unaryCases("cos"),
  tanh: () => unaryCases("tanh"),
  sigmoid: () => unaryCases("sigmoid"),
  relu: () => unaryCases("relu"),
  erf: () => unaryCases("erf"),
  add: () => binaryCases("add"),
  sub: () => binaryCases("sub"),
  mul: () => binaryCases("mul"),
  div: () => binaryCases("div"),
  pow: () => binaryCases("pow"),
  maximum: () => binaryCases("maximum"),
  minimum: () => binaryCases("minimum"),
  equal: () => binaryCases("equal"),
  less: () => binaryCases("less"),
  where: whereCases,
  sum: sumCases,
  max: maxCases,
  argmax: argmaxCases,
  cumsum: cumsumCases,
  matmul: matmulCases,
  reshape: reshapeCases,
  transpose: transposeCases,
  broadcast: broadcastCases,
  slice: sliceCases,
  concat: concatCases,
  pad: padCases,
  flip: flipCases,
  gather: gatherCases,
  scatterAdd: scatterAddCases,
  cast: castCases,
  fill: fillCases,
  iota: iotaCases,
};
