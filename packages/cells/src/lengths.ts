import { ArgumentError, DTypeError, formatShape, ShapeError } from "@unrolled/backend";
import { isTracing, Tensor, tensor } from "@unrolled/core";

/** Valid steps of each sequence: whole numbers in an array or Int32Array, or an int32 tensor [B]. */
export type Lengths = readonly number[] | Int32Array | Tensor;

/** Raises unless there is a whole number from `lowest` to `steps` for each sequence. */
function checkLengths(op: string, lengths: readonly number[], steps: number, batch: number, lowest = 0): void {
  if (lengths.length === batch && lengths.every((n) => Number.isInteger(n) && n >= lowest && n <= steps)) return;
  throw new ArgumentError(
    op,
    `lengths [${lengths.join(", ")}] for ${batch} sequences of ${steps} steps`,
    `give ${batch} integers from ${lowest} to ${steps}`,
  );
}

function toList(op: string, lengths: readonly number[] | Int32Array): readonly number[] {
  if (Array.isArray(lengths) || lengths instanceof Int32Array) return Array.from(lengths);
  throw new ArgumentError(op, "lengths are neither a list nor a tensor", "give integers, or an int32 tensor");
}

function checkTensor(op: string, lengths: Tensor, batch: number | "batch"): void {
  if (lengths.dtype !== "int32")
    throw new DTypeError(op, `lengths are ${lengths.dtype}`, 'cast them: lengths.cast("int32")');
  if (lengths.shape.length !== 1 || (batch !== "batch" && lengths.shape[0] !== batch))
    throw new ShapeError(op, `lengths are ${formatShape(lengths.shape)}`, `give one for each sequence: [${batch}]`);
}

function checkNumbersOf(op: string, lengths: Tensor, steps: number): void {
  const { backend } = lengths;
  if (backend.capabilities.hostMemory && backend.readSync && !isTracing(backend))
    checkLengths(op, Array.from(lengths.dataSync()), steps, lengths.shape[0]);
}

/**
 * Lengths as what a cell's sequence takes; null where every sequence has all steps. Numbers in a tensor are checked where
 * they lie in the host's memory; elsewhere reading them would stop the device.
 */
export function lengthsTensor(
  op: string,
  lengths: Lengths | null | undefined,
  steps: number,
  batch: number,
  like: Tensor,
): Tensor | null {
  if (lengths === undefined || lengths === null) return null;
  if (lengths instanceof Tensor) {
    checkTensor(op, lengths, batch);
    checkNumbersOf(op, lengths, steps);
    return lengths;
  }
  const list = toList(op, lengths);
  checkLengths(op, list, steps, batch);
  if (list.every((n) => n === steps)) return null;
  return tensor(Int32Array.from(list), { backend: like.backend });
}

/** Lengths as an int32 tensor, as many as there are; a list's is on the default backend. */
export function lengthsPerSequence(op: string, lengths: Lengths, steps: number): Tensor {
  if (lengths instanceof Tensor) {
    checkTensor(op, lengths, "batch");
    checkNumbersOf(op, lengths, steps);
    return lengths;
  }
  const list = toList(op, lengths);
  checkLengths(op, list, steps, list.length);
  return tensor(Int32Array.from(list));
}

/** Lengths as numbers, each at least 1; a tensor is read at once, where its backend can. */
export function lengthsList(op: string, lengths: Lengths, steps: number, batch: number): readonly number[] {
  if (lengths instanceof Tensor) checkTensor(op, lengths, batch);
  const list = lengths instanceof Tensor ? Array.from(lengths.dataSync()) : toList(op, lengths);
  checkLengths(op, list, steps, batch, 1);
  return list;
}
