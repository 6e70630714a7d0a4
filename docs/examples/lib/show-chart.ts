import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ChartSpec, svgChart, terminalChart } from "@unrolled/cli/charts";
import { UsageError } from "./options.js";

/** Draws a chart in the terminal and writes it to `folder` as NAME.svg. */
export function showChart(folder: string, name: string, chart: ChartSpec): void {
  console.log(`\n${terminalChart(chart)}`);
  const file = join(folder, `${name}.svg`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, svgChart(chart));
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new UsageError(`The chart cannot be written: ${error.message}. Choose another folder with --out.`);
  }
  console.log(`\nWrote ${file}`);
}
