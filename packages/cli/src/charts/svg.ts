import { ArgumentError } from "@unrolled/backend";
import { area, line } from "d3-shape";
import stringWidth from "string-width";
import { escapeHtml } from "../escape.js";
import { type Axis, dateAxis, numberAxis } from "./axis.js";
import { type PlotData, plainText, readPlotData } from "./plot-data.js";
import type { ChartSpec } from "./spec.js";
import { svgStyle } from "./svg-style.js";
import { wrapped } from "./wrapped.js";

export interface SvgChartOptions extends ChartSpec {
  /** Width of the drawing in SVG units; in a page it shrinks to the space there is. Default 860. At least 200. */
  readonly width?: number;
  /** Height in SVG units. Default 360. At least 120. */
  readonly height?: number;
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const paletteSize = 6;
const characterWidth = 7.2; // of 13 px text, taken generously, as no font can be measured here
const titleCharacterWidth = 9; // of 16 px bold text
const titleRow = 24;
const legendRow = 20;
const dashes = ["", "6 3", "2 3", "9 3 2 3", "1 4", "12 4"];

/**
 * A chart as an SVG document: the same bytes for the same input. It needs no script, font or file from elsewhere, and
 * follows the reader's light or dark scheme.
 *
 * @throws ArgumentError when there is nothing finite to draw or the size is too small; ShapeError when x and y differ in length
 * @example
 * writeFileSync("sine.svg", svgChart({ series: [{ name: "sine", y: [0, 0.84, 0.91, 0.14, -0.76], style: "line" }] }));
 */
export function svgChart(options: SvgChartOptions): string {
  const op = "svgChart";
  const width = sizeOf(op, "width", options.width ?? 860, 200);
  const height = sizeOf(op, "height", options.height ?? 360, 120);
  const data = readPlotData(op, options);
  const entries = legendEntries(data, width);
  const legendRows = entries.length === 0 ? 0 : entries[entries.length - 1].row + 1;
  const titleLines =
    options.title === undefined ? [] : wrapped(plainText(options.title), (width - 32) / titleCharacterWidth);
  const top = 14 + titleLines.length * titleRow + legendRows * legendRow;
  const bottom = height - (options.xLabel === undefined ? 28 : 46);
  if (bottom - top < 40)
    throw new ArgumentError(op, `height is ${height}`, "give more, or fewer series for the legend");

  const y = numberAxis(
    data.yRange,
    [bottom, top],
    { tickCount: Math.max(2, Math.round((bottom - top) / 50)), characterWidth: 0 },
    true,
  );
  const labelWidth = Math.max(...y.ticks.map(({ label }) => label.length)) * characterWidth;
  const frame: Frame = { left: labelWidth + (options.yLabel === undefined ? 16 : 36), right: width - 16, top, bottom };
  const range: [number, number] = [frame.left, frame.right];
  const room = { tickCount: Math.max(2, Math.floor((frame.right - frame.left) / 80)), characterWidth };
  const x = data.dated ? dateAxis(data.xRange, range, room) : numberAxis(data.xRange, range, room, false);

  const label = escapeHtml(plainText(options.title ?? data.series.map(({ name }) => name).join(", ")));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="unrolled-chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">`,
    `<style>\n${svgStyle}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    ...titleLines.map((text, i) => `<text class="title" x="16" y="${26 + i * titleRow}">${escapeHtml(text)}</text>`),
    ...legendItems(entries, 22 + titleLines.length * titleRow),
    ...axisItems(x, y, frame),
    ...axisTitles(options, frame, height),
    ...bandItems(data, x, y),
    ...markerItems(data, x, frame),
    ...seriesItems(data, x, y),
    "</svg>\n",
  ].join("\n");
}

function sizeOf(op: string, name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value <= 10_000) return value;
  throw new ArgumentError(op, `${name} is ${value}`, `give a whole number from ${least} to 10000`);
}

interface LegendEntry {
  readonly name: string;
  readonly kind: "line" | "points" | "band" | "marker";
  readonly colour: number;
  readonly dash: string;
  readonly x: number;
  readonly row: number;
}

function bandColour(data: PlotData, band: number): number {
  return Math.max(0, data.series.length - 1 + band) % paletteSize;
}

function legendEntries(data: PlotData, width: number): LegendEntry[] {
  const all: Omit<LegendEntry, "x" | "row">[] = [
    ...data.series.map(({ name, style }, i) => ({ name, kind: style, colour: i % paletteSize, dash: dashOf(i) })),
    ...data.bands.map(({ name }, i) => ({ name, kind: "band" as const, colour: bandColour(data, i), dash: "" })),
    ...data.markers.map(({ name }) => ({ name, kind: "marker" as const, colour: -1, dash: "" })),
  ];
  let x = 16;
  let row = 0;
  return all.map((entry) => {
    const size = 30 + stringWidth(entry.name) * characterWidth + 16;
    if (x > 16 && x + size > width) {
      x = 16;
      row++;
    }
    const placed = { ...entry, x, row };
    x += size;
    return placed;
  });
}

function dashOf(series: number): string {
  return dashes[Math.min(dashes.length - 1, Math.max(0, series - 1))];
}

function dashAttribute(dash: string): string {
  return dash === "" ? "" : ` stroke-dasharray="${dash}"`;
}

function legendItems(entries: readonly LegendEntry[], baseline: number): string[] {
  return entries.flatMap(({ name, kind, colour, dash, x, row }) => {
    const y = baseline + row * legendRow;
    const text = `<text class="name" x="${round(x + 30)}" y="${y}">${escapeHtml(name)}</text>`;
    if (kind === "points") return [`<circle class="f${colour}" cx="${round(x + 12)}" cy="${y - 4}" r="3.5"/>`, text];
    if (kind === "band") {
      return [`<rect class="band f${colour}" x="${round(x)}" y="${y - 11}" width="24" height="13"/>`, text];
    }
    const shape = kind === "line" ? `class="line s${colour}"${dashAttribute(dash)}` : 'class="marker"';
    return [`<path ${shape} d="M${round(x)},${y - 4}h24"/>`, text];
  });
}

function axisItems(x: Axis, y: Axis, { left, right, top, bottom }: Frame): string[] {
  return [
    ...y.ticks.flatMap(({ position, label }) => [
      `<path class="grid" d="M${round(left)},${round(position)}H${round(right)}"/>`,
      `<text x="${round(left - 8)}" y="${round(position + 4)}" text-anchor="end">${escapeHtml(label)}</text>`,
    ]),
    ...x.ticks.flatMap(({ position, label }) => {
      const half = (label.length * characterWidth) / 2;
      const anchor = position + half > right + 14 ? "end" : "middle";
      const at = anchor === "end" ? right : Math.max(position, half);
      return [
        `<path class="edge" d="M${round(position)},${round(bottom)}v5"/>`,
        `<text x="${round(at)}" y="${round(bottom + 19)}" text-anchor="${anchor}">${escapeHtml(label)}</text>`,
      ];
    }),
    `<path class="edge" fill="none" d="M${round(left)},${round(top)}V${round(bottom)}H${round(right)}"/>`,
  ];
}

function axisTitles({ xLabel, yLabel }: ChartSpec, { left, right, top, bottom }: Frame, height: number): string[] {
  const items: string[] = [];
  if (xLabel !== undefined) {
    const text = escapeHtml(plainText(xLabel));
    items.push(`<text x="${round((left + right) / 2)}" y="${height - 8}" text-anchor="middle">${text}</text>`);
  }
  if (yLabel !== undefined) {
    const text = escapeHtml(plainText(yLabel));
    const middle = round((top + bottom) / 2);
    items.push(`<text transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle">${text}</text>`);
  }
  return items;
}

function bandItems(data: PlotData, x: Axis, y: Axis): string[] {
  return data.bands.flatMap((band, b) => {
    const shape = area<number>()
      .digits(2)
      .defined((i) => Number.isFinite(band.x[i] + band.lower[i] + band.upper[i]))
      .x((i) => x.map(band.x[i]))
      .y0((i) => y.map(band.lower[i]))
      .y1((i) => y.map(band.upper[i]));
    const path = shape(indices(band.x));
    return path === null ? [] : [`<path class="band f${bandColour(data, b)}" d="${path}"/>`];
  });
}

function markerItems(data: PlotData, x: Axis, { top, bottom }: Frame): string[] {
  return data.markers.map((marker) => {
    return `<path class="marker" d="M${round(x.map(marker.x))},${round(top)}V${round(bottom)}"/>`;
  });
}

function seriesItems(data: PlotData, x: Axis, y: Axis): string[] {
  return data.series.flatMap((series, s) => {
    const finite = (i: number): boolean => Number.isFinite(series.x[i]) && Number.isFinite(series.y[i]);
    const colour = s % paletteSize;
    if (series.style === "points") {
      return indices(series.x)
        .filter(finite)
        .map((i) => {
          const [cx, cy] = [round(x.map(series.x[i])), round(y.map(series.y[i]))];
          return `<circle class="f${colour}" cx="${cx}" cy="${cy}" r="2.6"/>`;
        });
    }
    const path = line<number>()
      .digits(2)
      .defined(finite)
      .x((i) => x.map(series.x[i]))
      .y((i) => y.map(series.y[i]))(indices(series.x));
    return path === null ? [] : [`<path class="line s${colour}"${dashAttribute(dashOf(s))} d="${path}"/>`];
  });
}

function indices(array: ArrayLike<unknown>): number[] {
  return Array.from({ length: array.length }, (_, i) => i);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
