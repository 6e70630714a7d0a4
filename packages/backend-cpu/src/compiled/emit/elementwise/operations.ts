import type { Attrs, DType, Op } from "@unrolled/backend";
import type { Code } from "../../encode/code.js";
import type { Vector } from "../../encode/opcodes.js";
import type { HostFunction, Library } from "../library.js";
import type { VectorFunction } from "../math.js";

/**
 * Leaves each output of an op in a new local; inputs are locals of four float32 or int32, or masks for bool. `dtype` is that of the
 * first input.
 */
export type Operation = (
  code: Code,
  inputs: readonly (number | null)[],
  attrs: object,
  library: Library,
  dtype: DType,
) => number[];

type Stack = (code: Code, inputs: readonly number[], library: Library, dtype: DType) => void;

function one(stack: Stack): Operation {
  return (code, inputs, _attrs, library, dtype) => {
    stack(code, inputs as readonly number[], library, dtype);
    return [code.keep("v128")];
  };
}

const unary = (name: Vector): Operation => one((code, [x]) => code.get(x).simd(name));
/** @param whole the instruction for int32, and for masks */
const binary = (name: Vector, whole: Vector = name): Operation =>
  one((code, [a, b], _library, dtype) =>
    code
      .get(a)
      .get(b)
      .simd(dtype === "float32" ? name : whole),
  );
const called = (name: VectorFunction): Operation =>
  one((code, [x], library) => code.get(x).call(library.vectorFunction(name)));
/** One lane by a JavaScript function of float64. */
const hosted = (name: HostFunction): Operation =>
  one((code, [x], library) => {
    code.get(x).f32x4Lane(0).op("f64.promote_f32").call(library.hostFunction(name)).op("f32.demote_f64");
    code.simd("f32x4.splat");
  });

/** 1 with the sign of x; 0 and NaN stay. */
const sign: Operation = one((code, [x]) => {
  code.get(x).f32x4(-0).simd("v128.and").f32x4(1).simd("v128.or").get(x);
  code.get(x).f32x4(0).simd("f32x4.lt").get(x).f32x4(0).simd("f32x4.gt").simd("v128.or");
  code.simd("v128.bitselect");
});

const where: Operation = one((code, [condition, a, b]) => code.get(a).get(b).get(condition).simd("v128.bitselect"));

/** Whole numbers, or a mask as 0 or 1, to float32. */
const cast: Operation = one((code, [x], _library, dtype) => {
  code.get(x);
  if (dtype === "bool") code.f32x4(1).simd("v128.and");
  else code.simd("f32x4.convert_i32x4_s");
});
const identity: Operation = one((code, [x]) => code.get(x));

/** a + b * c */
function multiplyAdd(code: Code, a: number, b: number, c: number): number {
  code.get(a).get(b).get(c).simd("f32x4.mul").simd("f32x4.add");
  return code.keep("v128");
}

function scaled(code: Code, x: number, factor: number): number {
  code.get(x).f32x4(factor).simd("f32x4.mul");
  return code.keep("v128");
}

/** The gradient with its sign, and `weightDecay` times the parameter. */
function decayed(code: Code, gradient: number, parameter: number, maximize: boolean, weightDecay: number): number {
  code.get(gradient);
  if (maximize) code.simd("f32x4.neg");
  if (weightDecay !== 0) code.get(parameter).f32x4(weightDecay).simd("f32x4.mul").simd("f32x4.add");
  return code.keep("v128");
}

const sgdStep: Operation = (code, [parameter, gradient, buffer, rate, gain], attrs) => {
  const { momentum, nesterov, weightDecay, maximize } = attrs as Attrs<"sgdStep">;
  const p = parameter as number;
  const step = decayed(code, gradient as number, p, maximize, weightDecay);
  let direction = step;
  let velocity: number | null = null;
  if (buffer !== null) {
    velocity = scaled(code, buffer, momentum);
    code.get(velocity).get(step);
    if (gain !== null) code.get(gain).simd("f32x4.mul");
    code.simd("f32x4.add").set(velocity);
    direction = nesterov ? multiplyAdd(code, step, velocity, constant(code, momentum)) : velocity;
  }
  code
    .get(p)
    .get(rate as number)
    .get(direction)
    .simd("f32x4.mul")
    .simd("f32x4.sub");
  const next = code.keep("v128");
  return velocity === null ? [next] : [next, velocity];
};

function constant(code: Code, value: number): number {
  code.f32x4(value);
  return code.keep("v128");
}

const adamStep: Operation = (code, inputs, attrs) => {
  const [parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection] = inputs;
  const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = attrs as Attrs<"adamStep">;
  const p = parameter as number;
  const g = decayed(code, gradient as number, p, maximize, decoupledWeightDecay ? 0 : weightDecay);
  code
    .get(expAvg as number)
    .f32x4(beta1)
    .simd("f32x4.mul")
    .get(g)
    .f32x4(1 - beta1)
    .simd("f32x4.mul")
    .simd("f32x4.add");
  const m = code.keep("v128");
  code
    .get(expAvgSq as number)
    .f32x4(beta2)
    .simd("f32x4.mul");
  code
    .get(g)
    .f32x4(1 - beta2)
    .simd("f32x4.mul")
    .get(g)
    .simd("f32x4.mul")
    .simd("f32x4.add");
  const v = code.keep("v128");
  let largest = v;
  if (maxExpAvgSq !== null) {
    code.get(maxExpAvgSq).get(v).simd("f32x4.max");
    largest = code.keep("v128");
  }
  code.get(p);
  if (decoupledWeightDecay && weightDecay !== 0) {
    code
      .f32x4(1)
      .get(learningRate as number)
      .f32x4(weightDecay)
      .simd("f32x4.mul")
      .simd("f32x4.sub")
      .simd("f32x4.mul");
  }
  code
    .get(stepSize as number)
    .get(m)
    .simd("f32x4.mul");
  code
    .get(largest)
    .simd("f32x4.sqrt")
    .get(secondCorrection as number)
    .simd("f32x4.div")
    .f32x4(eps)
    .simd("f32x4.add");
  code.simd("f32x4.div").simd("f32x4.sub");
  const next = code.keep("v128");
  return maxExpAvgSq === null ? [next, m, v] : [next, m, v, largest];
};

/** Ops of one element at a time. Those that JavaScript computes take one lane only. */
export const operations: { readonly [K in Op]?: Operation } = {
  neg: unary("f32x4.neg"),
  abs: unary("f32x4.abs"),
  sqrt: unary("f32x4.sqrt"),
  sign,
  relu: one((code, [x]) => code.get(x).f32x4(0).simd("f32x4.max")),
  exp: called("exp"),
  tanh: called("tanh"),
  sigmoid: called("sigmoid"),
  log: called("log"),
  sin: hosted("sin"),
  cos: hosted("cos"),
  erf: hosted("erf"),
  add: binary("f32x4.add", "i32x4.add"),
  sub: binary("f32x4.sub", "i32x4.sub"),
  mul: binary("f32x4.mul", "i32x4.mul"),
  div: binary("f32x4.div"),
  maximum: binary("f32x4.max"),
  minimum: binary("f32x4.min"),
  equal: binary("f32x4.eq", "i32x4.eq"),
  less: binary("f32x4.lt", "i32x4.lt_s"),
  where,
  cast,
  sgdStep,
  adamStep,
  transpose: identity,
  broadcast: identity,
  slice: identity,
  flip: identity,
};

export const byOneLane: ReadonlySet<Op> = new Set<Op>(["sin", "cos", "erf"]);
