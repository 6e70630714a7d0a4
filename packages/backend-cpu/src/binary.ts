import { type Meta, sameShape, sizeOf, type TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { planWalk } from "./broadcast.js";

/** One run of `n` results at `out[io]`; the operands start at `ia`, `ib` and move by `sa`, `sb`. */
type Loop = (
  a: TypedArray,
  ia: number,
  sa: number,
  b: TypedArray,
  ib: number,
  sb: number,
  out: TypedArray,
  io: number,
  n: number,
) => void;

interface BinaryCall {
  readonly in: readonly [Meta, Meta];
  readonly out: readonly [Meta];
}
export type BinaryKernel = (inputs: readonly [TypedArray, TypedArray], call: BinaryCall) => readonly [TypedArray];

function binary(loop: Loop): BinaryKernel {
  return (inputs, call) => [apply(loop, inputs[0], inputs[1], call)];
}

function apply(loop: Loop, a: TypedArray, b: TypedArray, call: BinaryCall): TypedArray {
  const { shape, dtype } = call.out[0];
  const [metaA, metaB] = call.in;
  if (a.length === 1 || b.length === 1 || sameShape(metaA.shape, metaB.shape)) {
    const n = b.length === 1 ? a.length : b.length;
    const out = allocate(dtype, n);
    loop(a, 0, a.length === 1 ? 0 : 1, b, 0, b.length === 1 ? 0 : 1, out, 0, n);
    return out;
  }
  const out = allocate(dtype, sizeOf(shape));
  if (out.length === 0) return out;
  const { rank, sizes, a: stepsA, b: stepsB, index } = planWalk(shape, metaA.shape, metaB.shape);
  const n = sizes[0];
  let ia = 0;
  let ib = 0;
  for (let io = 0; io < out.length; io += n) {
    loop(a, ia, stepsA[0], b, ib, stepsB[0], out, io, n);
    for (let d = 1; d < rank; d++) {
      ia += stepsA[d];
      ib += stepsB[d];
      if (++index[d] < sizes[d]) break;
      ia -= stepsA[d] * sizes[d];
      ib -= stepsB[d] * sizes[d];
      index[d] = 0;
    }
  }
  return out;
}

// Stores into an Int32Array wrap, which makes `add` and `sub` right for int32 too.

export const add: BinaryKernel = binary((a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = a[ia] + b[ib];
    ia += sa;
    ib += sb;
  }
});

export const sub: BinaryKernel = binary((a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = a[ia] - b[ib];
    ia += sa;
    ib += sb;
  }
});

const mulFloat: Loop = (a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = a[ia] * b[ib];
    ia += sa;
    ib += sb;
  }
};

const mulInt: Loop = (a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = Math.imul(a[ia], b[ib]);
    ia += sa;
    ib += sb;
  }
};

export const mul: BinaryKernel = (inputs, call) => [
  apply(call.out[0].dtype === "int32" ? mulInt : mulFloat, inputs[0], inputs[1], call),
];

export const div: BinaryKernel = binary((a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = a[ia] / b[ib];
    ia += sa;
    ib += sb;
  }
});

/** As C and PyTorch have it: 1 to any power is 1, and so is -1 to an infinite one, where JavaScript says NaN. */
function power(base: number, exponent: number): number {
  const ofOne = base === 1 || (base === -1 && (exponent === Infinity || exponent === -Infinity));
  return ofOne ? 1 : base ** exponent;
}

const powers: Loop = (a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = power(a[ia], b[ib]);
    ia += sa;
    ib += sb;
  }
};

const cubes: Loop = (a, ia, sa, _b, _ib, _sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    const x = a[ia];
    out[io + i] = x * x * x;
    ia += sa;
  }
};

const fourthPowers: Loop = (a, ia, sa, _b, _ib, _sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    const square = a[ia] * a[ia];
    out[io + i] = square * square;
    ia += sa;
  }
};

/** Products in float64 are as near as the power, and many times as fast. */
function loopFor(exponent: TypedArray): Loop {
  if (exponent.length !== 1) return powers;
  if (exponent[0] === 3) return cubes;
  return exponent[0] === 4 ? fourthPowers : powers;
}

export const pow: BinaryKernel = (inputs, call) => [apply(loopFor(inputs[1]), inputs[0], inputs[1], call)];

export const maximum: BinaryKernel = binary((a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = Math.max(a[ia], b[ib]);
    ia += sa;
    ib += sb;
  }
});

export const minimum: BinaryKernel = binary((a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = Math.min(a[ia], b[ib]);
    ia += sa;
    ib += sb;
  }
});

export const equal: BinaryKernel = binary((a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = a[ia] === b[ib] ? 1 : 0;
    ia += sa;
    ib += sb;
  }
});

export const less: BinaryKernel = binary((a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++) {
    out[io + i] = a[ia] < b[ib] ? 1 : 0;
    ia += sa;
    ib += sb;
  }
});
