import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const drawing = fileURLToPath(new URL("../peers/chart.js", import.meta.url));

/** Draws a file of results; vega lies with the libraries to compare with. Returns why it did not, or null. */
export function drawChart(results: string, chart: string): string | null {
  const { status, stderr } = spawnSync(process.execPath, [drawing, results, chart], { encoding: "utf8" });
  if (status === 0) return null;
  return stderr.split("\n").find((line) => line.includes("Error")) ?? `node ended with ${status}`;
}
