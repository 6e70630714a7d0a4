import { formatShape } from "@unrolled/backend";
import type { Module } from "./module.js";
import { Buffer } from "./parameter.js";

/**
 * A table of a module's tensors: name, shape, count; then totals.
 *
 * @example
 * console.log(summary(new Linear(3, 2)));
 */
export function summary(module: Module): string {
  const rows = [...module.namedTensors()].map(([name, tensor]) => [
    name,
    formatShape(tensor.shape),
    tensor.size.toLocaleString("en-US"),
    tensor instanceof Buffer ? "buffer" : tensor.requiresGrad ? "" : "frozen",
  ]);
  const header = ["name", "shape", "numbers", ""];
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 2 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  let trainable = 0;
  let fixed = 0;
  for (const [, tensor] of module.namedTensors()) {
    if (tensor.requiresGrad) trainable += tensor.size;
    else fixed += tensor.size;
  }
  const total = `${trainable.toLocaleString("en-US")} trainable${fixed > 0 ? `, ${fixed.toLocaleString("en-US")} fixed` : ""}`;
  const rule = "-".repeat(line(header).length);
  return [module.constructor.name, line(header), rule, ...rows.map(line), rule, total].join("\n");
}
