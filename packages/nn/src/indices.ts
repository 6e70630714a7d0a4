import { ArgumentError, DTypeError, UnrolledError } from "@unrolled/backend";
import { indexSelect, type Tensor } from "@unrolled/core";

export function requireIndices(op: string, name: string, { dtype }: Tensor): void {
  if (dtype === "int32") return;
  throw new DTypeError(op, `${name} are ${dtype}`, 'use int32: cast("int32"), or tensor(data, { dtype: "int32" })');
}

/** Rows of `table` by int32 indices; an index that does not exist is an error in the caller's words. */
export function pickRows(op: string, name: string, table: Tensor, indices: Tensor): Tensor {
  try {
    return indexSelect(table, indices);
  } catch (error) {
    if (!UnrolledError.is(error) || error.op !== "gather" || !indices.backend.readSync) throw error;
    const rows = table.shape[0];
    const bad = indices.dataSync().find((index) => index < 0 || index >= rows);
    if (bad === undefined) throw error;
    throw new ArgumentError(op, `${name} ${bad} does not exist`, `use integers from 0 to ${rows - 1}`, {
      cause: error,
    });
  }
}
