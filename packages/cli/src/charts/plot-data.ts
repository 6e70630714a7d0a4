import { ArgumentError, ShapeError } from "@unrolled/backend";
import { readPosition, readPositions } from "./positions.js";
import type { ChartSpec, ChartX } from "./spec.js";

/** A chart's content as plain numbers, checked, with the ranges that it spans. */
export interface PlotData {
  readonly series: readonly { name: string; style: "line" | "points"; x: Float64Array; y: Float64Array }[];
  readonly bands: readonly { name: string; x: Float64Array; lower: Float64Array; upper: Float64Array }[];
  readonly markers: readonly { name: string; x: number }[];
  /** Whether positions are dates. */
  readonly dated: boolean;
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
}

/** Control characters would move the terminal's cursor or make the SVG invalid. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is being replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]/g, " ");
}

export function readPlotData(op: string, spec: ChartSpec): PlotData {
  const dated = usesDates(op, spec);
  const series = spec.series.map(({ name, style, x, y }) => {
    requireSameLength(op, name, x ?? y, y);
    return { name: plainText(name), style, x: readPositions(op, x, y.length), y: Float64Array.from(y) };
  });
  const bands = (spec.bands ?? []).map(({ name, x, lower, upper }) => {
    requireSameLength(op, name, x ?? lower, lower);
    requireSameLength(op, name, upper, lower);
    const positions = readPositions(op, x, lower.length);
    return { name: plainText(name), x: positions, lower: Float64Array.from(lower), upper: Float64Array.from(upper) };
  });
  const markers = (spec.markers ?? []).map(({ name, x }) => ({ name: plainText(name), x: readPosition(op, x) }));
  const drawn = series.map(({ x, y }) => drawable(x, y));
  const edges = bands.flatMap(({ x, lower, upper }) => [drawable(x, lower), drawable(x, upper)]);
  const all = [...drawn, ...edges];
  const xs = rangeOf([...all.map(({ x }) => x), markers.map(({ x }) => x)]);
  const ys = rangeOf(all.map(({ y }) => y));
  if (xs === null || ys === null) {
    throw new ArgumentError(op, "there is no finite point to draw", "give at least one series with a finite value");
  }
  return { series, bands, markers, dated, xRange: widened(xs), yRange: widened(ys) };
}

function usesDates(op: string, { series, bands = [], markers = [] }: ChartSpec): boolean {
  const dated = (x: ChartX): boolean => typeof x[0] === "string";
  const filled = [
    ...series.filter(({ y }) => y.length > 0).map(({ x }) => x),
    ...bands.filter(({ lower }) => lower.length > 0).map(({ x }) => x),
  ];
  const kinds = new Set([
    ...filled.map((x) => x !== undefined && dated(x)),
    ...markers.map(({ x }) => typeof x === "string"),
  ]);
  if (kinds.size > 1) throw new ArgumentError(op, "some x are dates and some are numbers", "use one kind for all");
  return kinds.has(true);
}

function requireSameLength(op: string, name: string, x: ArrayLike<unknown>, y: ArrayLike<number>): void {
  if (x.length === y.length) return;
  throw new ShapeError(op, `"${plainText(name)}" has ${x.length} and ${y.length} elements`, "give as many of each");
}

function drawable(x: Float64Array, y: Float64Array): { x: Float64Array; y: Float64Array } {
  const finite = (_: number, i: number): boolean => Number.isFinite(x[i]) && Number.isFinite(y[i]);
  return { x: x.filter(finite), y: y.filter(finite) };
}

function rangeOf(arrays: readonly ArrayLike<number>[]): [number, number] | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const array of arrays) {
    for (let i = 0; i < array.length; i++) {
      if (array[i] < low) low = array[i];
      if (array[i] > high) high = array[i];
    }
  }
  return low <= high ? [low, high] : null;
}

/** A range of one value gets some room, so that a constant series lies in the middle. */
function widened([low, high]: [number, number]): [number, number] {
  if (low < high) return [low, high];
  const room = Math.abs(low) * 0.05 || 1;
  return [low - room, high + room];
}
