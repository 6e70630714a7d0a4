import type { Size } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "../builder.js";
import type { Deferred, Rows } from "../operand.js";
import { ints } from "../proto.js";
import { fixedSize, sameSizes } from "../sizes.js";

/** Rows `start` to `end` of x, where all these numbers are fixed. */
export function rowsOf(x: Operand, start: Size, end: Size): Rows | undefined {
  const [first, last, total] = [fixedSize(start), fixedSize(end), fixedSize(x.sizes[0])];
  if (first === null || last === null || total === null) return undefined;
  return { of: x, start: first, count: last - first, kept: true };
}

/** A reshape that drops the axis of a row, or gives it back. */
export function rowOf(b: ModelBuilder, x: Operand, sizes: readonly Size[]): Deferred | null {
  const { rows } = x;
  if (!rows) return null;
  if (rows.kept && rows.count === 1 && sameSizes(x.sizes, [1, ...sizes]))
    return { rows: { ...rows, kept: false }, make: () => b.squeeze(x.name, [0]) };
  if (!rows.kept && sameSizes([1, ...x.sizes], sizes))
    return { rows: { ...rows, kept: true }, make: () => b.unsqueeze(x.name, [0]) };
  return null;
}

/** Tensors to be joined along the first axis; rows of one tensor that follow each other are taken from it whole. */
export function joinedRows(b: ModelBuilder, parts: readonly Operand[]): string[] {
  const names: string[] = [];
  for (let i = 0; i < parts.length; ) {
    const { rows } = parts[i];
    let next = i + 1;
    let end = rows ? rows.start + rows.count : 0;
    while (rows?.kept && next < parts.length) {
      const follower = parts[next].rows;
      if (!follower?.kept || follower.of !== rows.of || follower.start !== end) break;
      end += follower.count;
      next++;
    }
    names.push(rows?.kept ? takenRows(b, rows.of, rows.start, end) : parts[i].name);
    i = next;
  }
  return names;
}

function takenRows(b: ModelBuilder, of: Operand, start: number, end: number): string {
  return start === 0 && end === fixedSize(of.sizes[0])
    ? of.name
    : b.node("Slice", [of.name, b.int64([start]), b.int64([end]), b.int64([0])]);
}

/** States [B, H] as [n, B, H]; `""`, which stands for zeros, where all are zeros. */
export function stackedRows(b: ModelBuilder, states: readonly Operand[]): string {
  if (states.every(({ fill }) => fill === 0)) return "";
  const kept = states.map((state): Operand => {
    const { rows } = state;
    return {
      ...meta(state),
      get name(): string {
        return b.unsqueeze(state.name, [0]);
      },
      ...(rows && !rows.kept ? { rows: { ...rows, kept: true } } : {}),
    };
  });
  return b.concat(joinedRows(b, kept), 0);
}

function meta({ shape, dtype, sizes }: Operand): Omit<Operand, "name"> {
  return { shape: [1, ...shape], dtype, sizes: [1, ...sizes], constant: null, title: null };
}

/** Both directions of one tensor [T, 2, B, H], joined to [T, B, 2 H]. */
export function joinedDirections(b: ModelBuilder, parts: readonly Operand[], axis: number): string | null {
  const [first, second] = [parts[0]?.direction, parts[1]?.direction];
  if (parts.length !== 2 || axis !== 2 || !first || first.index !== 0 || second?.index !== 1) return null;
  if (first.of !== second.of) return null;
  const hidden = fixedSize(first.of.sizes[3]);
  if (hidden === null) return null;
  const together = b.node("Transpose", [first.of.name], [ints("perm", [0, 2, 1, 3])]);
  return b.reshape(together, [0, 0, 2 * hidden]);
}
