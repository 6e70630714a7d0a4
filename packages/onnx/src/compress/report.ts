/** How a tensor is stored and turned back. */
export interface CompressedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly stored: "float16" | "int8" | "uint8";
  /**
   * What reads it: `Cast` and `Cast, Mul` restore float32 when the model is loaded; `MatMulInteger` and
   * `DynamicQuantizeLSTM` multiply the whole numbers themselves.
   */
  readonly readBy: "Cast" | "Cast, Mul" | "MatMulInteger" | "DynamicQuantizeLSTM";
  /** How many scales it has; 0 for float16. */
  readonly scales: number;
  /** Largest |restored - original|, in the units of the weights. */
  readonly absoluteError: number;
  /** `absoluteError` as a share of the tensor's largest finite magnitude; 0 for a tensor of zeros. */
  readonly relativeError: number;
  /** Bytes of the elements in float32. */
  readonly bytesBefore: number;
  /** Bytes of the elements, scales and zero points now; a tensor read in two layouts would count both. */
  readonly bytesAfter: number;
}

/** A tensor that stayed as it was. */
export interface UntouchedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly reason: string;
}

/** What became smaller, by how much, and what it cost. */
export interface CompressionReport {
  readonly weights: "float16" | "int8";
  readonly changed: readonly CompressedTensor[];
  /** The other floating-point tensors, each with its reason. */
  readonly left: readonly UntouchedTensor[];
  /** Bytes of the whole file. */
  readonly fileBytesBefore: number;
  readonly fileBytesAfter: number;
  /** Bytes of all floating-point tensors, those left alone included. */
  readonly tensorBytesBefore: number;
  readonly tensorBytesAfter: number;
}

/** Largest difference of two arrays, absolute and as a share of the largest finite magnitude. */
export function weightErrors(
  original: Float32Array,
  restored: Float32Array,
): { absoluteError: number; relativeError: number } {
  let absoluteError = 0;
  let magnitude = 0;
  original.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    magnitude = Math.max(magnitude, Math.abs(value));
    absoluteError = Math.max(absoluteError, Math.abs(value - restored[i]));
  });
  return { absoluteError, relativeError: magnitude === 0 ? 0 : absoluteError / magnitude };
}

export function summary(
  weights: CompressionReport["weights"],
  changed: readonly CompressedTensor[],
  left: readonly UntouchedTensor[],
  fileBytesBefore: number,
  fileBytesAfter: number,
): CompressionReport {
  const rest = left.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    weights,
    changed,
    left,
    fileBytesBefore,
    fileBytesAfter,
    tensorBytesBefore: changed.reduce((sum, { bytesBefore }) => sum + bytesBefore, rest),
    tensorBytesAfter: changed.reduce((sum, { bytesAfter }) => sum + bytesAfter, rest),
  };
}
