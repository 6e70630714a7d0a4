import { letterOrder, relaxedPatch, relaxedSize, sharedFlagAt, simd128 } from "./binaries.js";
import { bytesOfLetters } from "./letters.js";
import { patched } from "./patch.js";

/** Which instructions the kernels use: four float32 at once, with or without a fused multiply-add. */
export type Simd = "relaxed" | "simd128";

/** A function of one i32x4 made of zeros: valid where there is SIMD. */
const simdProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];
/** f32x4.relaxed_madd of three vectors of zeros. */
const relaxedProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65,
  0, 253, 17, 253, 133, 2, 11,
];

export function hasSimd(): boolean {
  return WebAssembly.validate(Uint8Array.from(simdProbe));
}

export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(Uint8Array.from(relaxedProbe));
}

/** @throws CompileError or EvalError where a page or a host forbids WebAssembly */
export function compileKernels(simd: Simd, shared: boolean): WebAssembly.Module {
  const plain = bytesOfLetters(simd128, letterOrder);
  const bytes = simd === "relaxed" ? patched(plain, bytesOfLetters(relaxedPatch, letterOrder), relaxedSize) : plain;
  bytes[sharedFlagAt] = shared ? 3 : 1;
  return new WebAssembly.Module(bytes);
}
