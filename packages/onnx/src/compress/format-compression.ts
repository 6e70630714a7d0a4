import type { CompressionReport } from "./report.js";

const headings = ["tensor", "shape", "stored as", "read by", "largest error", "relative", "bytes before", "after"];
const numeric = [4, 5, 6, 7];

/**
 * A table of a compression for the terminal: a row for each changed tensor, a line for each that was left alone, totals.
 *
 * @example
 * ```ts
 * console.log(formatCompression(compressOnnx(bytes, { weights: "int8" }).report));
 * ```
 */
export function formatCompression(report: CompressionReport): string {
  const rows = report.changed.map((t) => [
    printable(t.name),
    `[${t.shape.join(", ")}]`,
    t.scales > 1 ? `${t.stored}, ${t.scales} scales` : t.stored,
    t.readBy,
    t.absoluteError.toExponential(2),
    t.relativeError.toExponential(2),
    String(t.bytesBefore),
    String(t.bytesAfter),
  ]);
  const table = rows.length === 0 ? ["no tensor was changed"] : aligned([headings, ...rows]);
  const left = report.left.map(
    ({ name, shape, bytes, reason }) => `  ${printable(name)} [${shape.join(", ")}], ${bytes} bytes: ${reason}`,
  );
  return [
    ...table,
    ...(left.length === 0 ? [] : ["left alone:", ...left]),
    `tensors: ${change(report.tensorBytesBefore, report.tensorBytesAfter)}`,
    `file: ${change(report.fileBytesBefore, report.fileBytesAfter)}`,
  ].join("\n");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (numeric.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join("  ")
      .trimEnd(),
  );
}

function change(before: number, after: number): string {
  const share = before === 0 ? "" : ` (${((100 * after) / before).toFixed(1)} %)`;
  return `${before} bytes before, ${after} after${share}`;
}

/** Names come from the file: control characters would reach the terminal. */
function printable(name: string): string {
  return name.replace(/\p{C}/gu, "\u{FFFD}");
}
