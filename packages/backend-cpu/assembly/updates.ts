// Optimiser updates: one pass over the parameter in float32. Results may lie where the operands do.
import { multiplyAdd, splat, storeSome } from "./simd-math";
import { partEnd, partStart } from "./threads";

// @ts-ignore: decorator
@inline function put(out: usize, x: v128, lanes: i32): void {
  if (lanes >= 4) v128.store(out, x);
  else storeSome(out, x, lanes);
}

/** Without momentum where `buffer` is 0. */
export function sgdUpdate(
  parameter: usize, gradient: usize, buffer: usize, newParameter: usize, newBuffer: usize, n: i32,
  learningRate: f64, gain: f64, momentum: f64, weightDecay: f64, nesterov: bool, maximize: bool,
  thread: i32, threads: i32,
): void {
  const sign = splat(maximize ? -0.0 : 0), decay = splat(<f32>weightDecay), rate = splat(<f32>-learningRate);
  const scale = splat(<f32>gain), keep = splat(<f32>momentum);
  const end = <usize>partEnd(n, 16, thread, threads) << 2;
  for (let at = <usize>partStart(n, 16, thread, threads) << 2; at < end; at += 16) {
    const lanes = <i32>((end - at) >> 2);
    const p = v128.load(parameter + at);
    let step = multiplyAdd(decay, p, v128.xor(v128.load(gradient + at), sign));
    if (buffer) {
      const velocity = multiplyAdd(keep, v128.load(buffer + at), f32x4.mul(scale, step));
      step = nesterov ? multiplyAdd(keep, velocity, step) : velocity;
      put(newBuffer + at, velocity, lanes);
    }
    put(newParameter + at, multiplyAdd(rate, step, p), lanes);
  }
}

/**
 * Adam and AdamW. `coupledDecay` is added to the gradient, `shrink` multiplies the parameter; `stepSize` is lr / (1 - beta1^t),
 * `correction` sqrt(1 - beta2^t). amsgrad where `most` is not 0.
 */
export function adamUpdate(
  parameter: usize, gradient: usize, average: usize, square: usize, most: usize,
  newParameter: usize, newAverage: usize, newSquare: usize, newMost: usize, n: i32,
  beta1: f64, beta2: f64, eps: f64, coupledDecay: f64, shrink: f64, stepSize: f64, correction: f64, maximize: bool,
  thread: i32, threads: i32,
): void {
  const sign = splat(maximize ? -0.0 : 0), decay = splat(<f32>coupledDecay);
  const keep1 = splat(<f32>beta1), enter1 = splat(<f32>(1 - beta1)), keep2 = splat(<f32>beta2), enter2 = splat(<f32>(1 - beta2));
  const rate = splat(<f32>(-stepSize * correction)), epsilon = splat(<f32>(eps * correction)), shrunk = splat(<f32>shrink);
  const end = <usize>partEnd(n, 16, thread, threads) << 2;
  for (let at = <usize>partStart(n, 16, thread, threads) << 2; at < end; at += 16) {
    const lanes = <i32>((end - at) >> 2);
    const p = v128.load(parameter + at);
    const g = multiplyAdd(decay, p, v128.xor(v128.load(gradient + at), sign));
    const m = multiplyAdd(keep1, v128.load(average + at), f32x4.mul(enter1, g));
    const v = multiplyAdd(keep2, v128.load(square + at), f32x4.mul(f32x4.mul(enter2, g), g));
    let largest = v;
    if (most) {
      largest = f32x4.max(v128.load(most + at), v);
      put(newMost + at, largest, lanes);
    }
    put(newAverage + at, m, lanes);
    put(newSquare + at, v, lanes);
    const step = f32x4.div(f32x4.mul(rate, m), f32x4.add(f32x4.sqrt(largest), epsilon));
    put(newParameter + at, multiplyAdd(p, shrunk, step), lanes);
  }
}
