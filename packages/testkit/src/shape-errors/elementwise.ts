import { DTypeError, type Meta, ShapeError } from "@unrolled/backend";
import { bool, f32, f64, i32, type Refusals } from "./refused.js";

interface UnaryCall {
  readonly name: string;
  readonly metas: readonly [Meta];
  readonly attrs: Record<never, never>;
  readonly error: typeof DTypeError;
}

const refusesBool: readonly UnaryCall[] = [{ name: "bool", metas: [bool(3)], attrs: {}, error: DTypeError }];
const refusesWhole: readonly UnaryCall[] = [
  ...refusesBool,
  { name: "int32", metas: [i32(3)], attrs: {}, error: DTypeError },
];

interface BinaryCall {
  readonly name: string;
  readonly metas: readonly [Meta, Meta];
  readonly attrs: Record<never, never>;
  readonly error: typeof ShapeError | typeof DTypeError;
}

const misfits: readonly BinaryCall[] = [
  { name: "sizes 3 and 4", metas: [f32(3), f32(4)], attrs: {}, error: ShapeError },
  { name: "a row that fits the wrong axis", metas: [f32(3, 5), f32(3)], attrs: {}, error: ShapeError },
  { name: "size 0 beside 2", metas: [f32(0), f32(2)], attrs: {}, error: ShapeError },
  { name: "float32 and float64", metas: [f32(3), f64(3)], attrs: {}, error: DTypeError },
  { name: "float32 and int32", metas: [f32(3), i32(3)], attrs: {}, error: DTypeError },
];
const numericMisfits: readonly BinaryCall[] = [
  ...misfits,
  { name: "bool", metas: [bool(3), bool(3)], attrs: {}, error: DTypeError },
];
const floatMisfits: readonly BinaryCall[] = [
  ...numericMisfits,
  { name: "int32", metas: [i32(3), i32(3)], attrs: {}, error: DTypeError },
];

type ElementwiseOp =
  | ("neg" | "abs" | "sign" | "relu" | "exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "sigmoid" | "erf")
  | ("add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal" | "less" | "where");

export const elementwise: Refusals<ElementwiseOp> = {
  neg: refusesBool,
  abs: refusesBool,
  sign: refusesBool,
  relu: refusesBool,
  exp: refusesWhole,
  log: refusesWhole,
  sqrt: refusesWhole,
  sin: refusesWhole,
  cos: refusesWhole,
  tanh: refusesWhole,
  sigmoid: refusesWhole,
  erf: refusesWhole,
  add: numericMisfits,
  sub: numericMisfits,
  mul: numericMisfits,
  div: floatMisfits,
  pow: floatMisfits,
  maximum: numericMisfits,
  minimum: numericMisfits,
  equal: misfits,
  less: misfits,
  where: [
    { name: "a float condition", metas: [f32(3), f32(3), f32(3)], attrs: {}, error: DTypeError },
    { name: "branches of two dtypes", metas: [bool(3), f32(3), i32(3)], attrs: {}, error: DTypeError },
    { name: "branches that do not broadcast", metas: [bool(3), f32(3), f32(4)], attrs: {}, error: ShapeError },
    { name: "a condition that does not broadcast", metas: [bool(2), f32(3), f32(3)], attrs: {}, error: ShapeError },
  ],
};
