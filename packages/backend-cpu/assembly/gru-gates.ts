// The passes over the gates of one GRU step, for the units `first` to `last` of one batch row. Gates lie r, z, n, each of `gate` bytes.
import { cotangent } from "./recurrent";
import { storeColumns } from "./sequence";
import { multiplyAdd, sigmoid4, splat, tanh4 } from "./simd-math";

/** x (1 - x) */
// @ts-ignore: decorator
@inline function slopeOfSigmoid(x: v128): v128 { return f32x4.mul(x, f32x4.sub(splat(1), x)); }

/** Reset after: `candidate` holds the recurrent product of n with its bias. Gates become activated where they are kept. */
export function activateResetAfter(
  keep: bool, gates: usize, gate: usize, candidate: usize, before: usize, after: usize, y: usize, H: i32, first: i32, last: i32,
): void {
  for (let j = first; j < last; j += 4) {
    const at: usize = <usize>j << 2, sumR = gates + at, sumZ = sumR + gate, sumN = sumZ + gate;
    const r = sigmoid4(v128.load(sumR)), z = sigmoid4(v128.load(sumZ));
    const n = tanh4(multiplyAdd(r, v128.load(candidate + at), v128.load(sumN)));
    const state = multiplyAdd(z, f32x4.sub(v128.load(before + at), n), n);
    if (keep) {
      v128.store(sumR, r);
      v128.store(sumZ, z);
      v128.store(sumN, n);
    }
    v128.store(after + at, state);
    storeColumns(y + at, state, H - j);
  }
}

/** Reset before, first half: r and z are activated, and r h goes to `reset`. */
export function activateReset(gates: usize, gate: usize, before: usize, reset: usize, first: i32, last: i32): void {
  for (let j = first; j < last; j += 4) {
    const at: usize = <usize>j << 2, sumR = gates + at, sumZ = sumR + gate;
    const r = sigmoid4(v128.load(sumR));
    v128.store(sumR, r);
    v128.store(sumZ, sigmoid4(v128.load(sumZ)));
    v128.store(reset + at, f32x4.mul(r, v128.load(before + at)));
  }
}

/** Reset before, second half: n is activated, and the state moves on. */
export function activateCandidate(
  gates: usize, gate: usize, before: usize, after: usize, y: usize, H: i32, first: i32, last: i32,
): void {
  for (let j = first; j < last; j += 4) {
    const at: usize = <usize>j << 2, z = v128.load(gates + gate + at), sumN = gates + 2 * gate + at;
    const n = tanh4(v128.load(sumN));
    const state = multiplyAdd(z, f32x4.sub(v128.load(before + at), n), n);
    v128.store(sumN, n);
    v128.store(after + at, state);
    storeColumns(y + at, state, H - j);
  }
}

/**
 * Gradients of a step's sums, in the order n, r, z, and, where reset is after, of the recurrent product of n. dState becomes its
 * part that passes by the gates. Where reset is before, r's comes with its state, in differentiateReset.
 */
export function differentiateGates(
  resetAfter: bool, gates: usize, gate: usize, candidate: usize, before: usize, dy: usize, dState: usize, d: usize,
  H: i32, first: i32, last: i32,
): void {
  for (let j = first; j < last; j += 4) {
    const at: usize = <usize>j << 2, dN = d + at, dR = dN + gate, dZ = dR + gate;
    const r = v128.load(gates + at), z = v128.load(gates + gate + at), n = v128.load(gates + 2 * gate + at);
    const g = f32x4.add(v128.load(dState + at), cotangent(dy, j, H));
    const ofN = f32x4.mul(f32x4.mul(g, f32x4.sub(splat(1), z)), f32x4.sub(splat(1), f32x4.mul(n, n)));
    v128.store(dN, ofN);
    v128.store(dZ, f32x4.mul(f32x4.mul(g, f32x4.sub(v128.load(before + at), n)), slopeOfSigmoid(z)));
    v128.store(dState + at, f32x4.mul(g, z));
    if (resetAfter) {
      v128.store(dR, f32x4.mul(f32x4.mul(ofN, v128.load(candidate + at)), slopeOfSigmoid(r)));
      v128.store(dZ + gate, f32x4.mul(ofN, r));
    }
  }
}

/** Reset before: from the gradient of r h to that of r's sum and of h. */
export function differentiateReset(
  gates: usize, before: usize, dReset: usize, dState: usize, dR: usize, first: i32, last: i32,
): void {
  for (let j = first; j < last; j += 4) {
    const at: usize = <usize>j << 2, r = v128.load(gates + at), g = v128.load(dReset + at);
    v128.store(dR + at, f32x4.mul(f32x4.mul(g, v128.load(before + at)), slopeOfSigmoid(r)));
    v128.store(dState + at, multiplyAdd(g, r, v128.load(dState + at)));
  }
}
