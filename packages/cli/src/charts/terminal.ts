import { ArgumentError } from "@unrolled/backend";
import stringWidth from "string-width";
import { type Axis, dateAxis, numberAxis } from "./axis.js";
import { Canvas, visitLine } from "./canvas.js";
import { type Colour, hasColours, paint } from "./colours.js";
import { type PlotData, plainText, readPlotData } from "./plot-data.js";
import type { ChartSpec } from "./spec.js";

export interface TerminalChartOptions extends ChartSpec {
  /** Columns in all. Default: the terminal's, at most 100, or 80 where the output is no terminal. At least 30. */
  readonly width?: number;
  /** Rows of the drawing area. Default 16. At least 4. */
  readonly height?: number;
  /** Whether to colour. Default: the output is a terminal with colours, and NO_COLOR is not set. */
  readonly color?: boolean;
  /** Use ASCII characters only. Default false. */
  readonly ascii?: boolean;
}

interface Glyphs {
  readonly series: string;
  readonly band: string;
  readonly marker: string;
  readonly tickY: string;
  readonly line: string;
  readonly corner: string;
  readonly tickX: string;
  readonly axis: string;
}

const unicode: Glyphs = {
  series: "•×+○□◆",
  band: "░",
  marker: "┊",
  tickY: "┤",
  line: "│",
  corner: "└",
  tickX: "┬",
  axis: "─",
};
const ascii: Glyphs = {
  series: "*o+x#@",
  band: ":",
  marker: "|",
  tickY: "+",
  line: "|",
  corner: "+",
  tickX: "+",
  axis: "-",
};
const colours: readonly Colour[] = ["cyan", "yellow", "green", "magenta", "red", "blue"];
const brailleSample = "⠤⠒";

/**
 * A chart as text, one string with line ends between the rows. Each series has its own glyph, so that it reads without
 * colours too: the first line is drawn in fine Braille dots, the others and all points in `• × + ○ □ ◆`.
 *
 * @throws ArgumentError when there is nothing finite to draw or the size is too small; ShapeError when x and y differ in length
 * @example
 * console.log(terminalChart({ series: [{ name: "sine", y: Float64Array.from({ length: 50 }, (_, i) => Math.sin(i / 5)), style: "line" }] }));
 */
export function terminalChart(options: TerminalChartOptions): string {
  const op = "terminalChart";
  const width = sizeOf(op, "width", options.width ?? Math.min(process.stdout.columns || 80, 100), 30);
  const height = sizeOf(op, "height", options.height ?? 16, 4);
  const glyphs = options.ascii === true ? ascii : unicode;
  const color = options.color ?? hasColours(process.stdout);
  const data = readPlotData(op, options);

  const y = numberAxis(
    data.yRange,
    [height * 4 - 1, 0],
    { tickCount: Math.max(2, Math.round(height / 3)), characterWidth: 0 },
    true,
  );
  const yLabels = labelsByRow(y, height, options.ascii === true);
  const gutter = Math.max(...[...yLabels.values()].map((label) => label.length));
  const columns = width - gutter - 2;
  const room = { tickCount: Math.max(2, Math.floor(columns / 12)), characterWidth: 2 };
  const xRange: [number, number] = [0, columns * 2 - 1];
  const x = data.dated ? dateAxis(data.xRange, xRange, room) : numberAxis(data.xRange, xRange, room, false);

  const owners = ownersOf(data, glyphs, options.ascii === true);
  const canvas = new Canvas(columns, height);
  draw(canvas, data, x, y, glyphs, owners);

  const indent = " ".repeat(gutter + 2);
  const lines: string[] = [];
  if (options.title !== undefined) lines.push(paint("bold", clipped(plainText(options.title), width), color));
  if (options.yLabel !== undefined) lines.push(paint("dim", clipped(plainText(options.yLabel), width), color));
  for (let row = 0; row < height; row++) {
    const label = yLabels.get(row);
    const edge = `${(label ?? "").padStart(gutter)} ${label === undefined ? glyphs.line : glyphs.tickY}`;
    lines.push((paint("dim", edge, color) + rowText(canvas, row, owners, color)).trimEnd());
  }
  for (const line of xAxisLines(x, columns, glyphs, options.ascii === true)) {
    lines.push(paint("dim", (" ".repeat(gutter + 1) + line).trimEnd(), color));
  }
  if (options.xLabel !== undefined) {
    const label = clipped(plainText(options.xLabel), columns);
    lines.push(paint("dim", indent + " ".repeat(Math.max(0, columns - stringWidth(label)) / 2) + label, color));
  }
  lines.push(...legend(data, glyphs, owners, width, color));
  return lines.join("\n");
}

function sizeOf(op: string, name: string, value: number, least: number): number {
  if (name === "width" && value < least && Number.isInteger(value) && process.stdout.columns === value) return least;
  if (Number.isInteger(value) && value >= least && value <= 1000) return value;
  throw new ArgumentError(op, `${name} is ${value}`, `give a whole number from ${least} to 1000`);
}

function labelsByRow(axis: Axis, height: number, plain: boolean): Map<number, string> {
  const labels = new Map<number, string>();
  for (const { position, label } of axis.ticks) {
    labels.set(Math.min(height - 1, Math.round(position) >> 2), plain ? label.replace("−", "-") : label);
  }
  return labels;
}

interface Owner {
  readonly glyph: string;
  readonly braille: boolean;
  readonly colour: Colour;
}

/** Glyph and colour of each series, then of each band. */
function ownersOf(data: PlotData, glyphs: Glyphs, plain: boolean): Owner[] {
  const letters = [...glyphs.series, ..."abcdefghijklmnopqrstuvwxyz"];
  const fine = plain ? -1 : data.series.findIndex(({ style }) => style === "line");
  let next = 0;
  const series = data.series.map((_, i): Owner => {
    const colour = colours[i % colours.length];
    if (i === fine) return { glyph: brailleSample, braille: true, colour };
    return { glyph: letters[next++ % letters.length], braille: false, colour };
  });
  const bands = data.bands.map((_, i): Owner => {
    return { glyph: glyphs.band, braille: false, colour: colours[(data.series.length - 1 + i) % colours.length] };
  });
  return [...series, ...bands];
}

function draw(canvas: Canvas, data: PlotData, x: Axis, y: Axis, glyphs: Glyphs, owners: readonly Owner[]): void {
  const column = (value: number): number => Math.round(x.map(value)) >> 1;
  const row = (value: number): number => Math.round(y.map(value)) >> 2;
  for (const marker of data.markers) {
    for (let r = 0; r < canvas.rows; r++) canvas.put(column(marker.x), r, glyphs.marker, -1);
  }
  data.bands.forEach((band, i) => {
    drawBand(canvas, band, x, y, glyphs.band, data.series.length + i);
  });
  data.series.forEach((series, owner) => {
    const { glyph, braille } = owners[owner];
    const finite = (i: number): boolean => Number.isFinite(series.x[i]) && Number.isFinite(series.y[i]);
    const put = (c: number, r: number): void => canvas.put(c, r, glyph, owner);
    for (let i = 0; i < series.y.length; i++) {
      if (!finite(i)) continue;
      const from = series.style === "line" && i > 0 && finite(i - 1) ? i - 1 : i;
      if (braille) {
        const at = (k: number): [number, number] => [Math.round(x.map(series.x[k])), Math.round(y.map(series.y[k]))];
        visitLine(at(from), at(i), (dx, dy) => canvas.dot(dx, dy, owner));
      } else {
        visitLine([column(series.x[from]), row(series.y[from])], [column(series.x[i]), row(series.y[i])], put);
      }
    }
  });
}

/** Fills the cells between the two edges, which are interpolated at each column. */
function drawBand(
  canvas: Canvas,
  band: PlotData["bands"][number],
  x: Axis,
  y: Axis,
  glyph: string,
  owner: number,
): void {
  const fill = (column: number, lower: number, upper: number): void => {
    const bottom = Math.round(y.map(lower)) >> 2;
    for (let row = Math.round(y.map(upper)) >> 2; row <= bottom; row++) canvas.put(column, row, glyph, owner);
  };
  const finite = (i: number): boolean => Number.isFinite(band.x[i] + band.lower[i] + band.upper[i]);
  for (let i = 0; i < band.x.length; i++) {
    if (!finite(i)) continue;
    const from = i > 0 && finite(i - 1) ? i - 1 : i;
    const [a, b] = [Math.round(x.map(band.x[from])) >> 1, Math.round(x.map(band.x[i])) >> 1];
    for (let column = Math.min(a, b); column <= Math.max(a, b); column++) {
      const share = a === b ? 1 : (column - a) / (b - a);
      const between = (edge: Float64Array): number => edge[from] + share * (edge[i] - edge[from]);
      fill(column, between(band.lower), between(band.upper));
    }
  }
}

function rowText(canvas: Canvas, row: number, owners: readonly Owner[], color: boolean): string {
  let text = "";
  let run = "";
  let owner = -1;
  const flush = (): void => {
    text += owner < 0 ? paint("dim", run, color && run.trim() !== "") : paint(owners[owner].colour, run, color);
    run = "";
  };
  for (let column = 0; column < canvas.columns; column++) {
    const cell = canvas.cell(column, row);
    if (cell.owner !== owner) {
      flush();
      owner = cell.owner;
    }
    run += cell.glyph;
  }
  flush();
  return color ? text : text.trimEnd();
}

/** The horizontal axis and its labels; labels that would touch the one before them are left out. */
function xAxisLines(axis: Axis, columns: number, glyphs: Glyphs, plain: boolean): string[] {
  const line = new Array<string>(columns).fill(glyphs.axis);
  let labels = "";
  for (const { position, label: written } of axis.ticks) {
    const label = plain ? written.replace("−", "-") : written;
    const column = Math.round(position) >> 1;
    line[column] = glyphs.tickX;
    const start = Math.min(Math.max(0, column - (label.length >> 1)), columns - label.length);
    if (start >= 0 && (labels === "" || start > labels.length)) labels = labels.padEnd(start) + label;
  }
  return [glyphs.corner + line.join(""), ` ${labels}`];
}

function legend(data: PlotData, glyphs: Glyphs, owners: readonly Owner[], width: number, color: boolean): string[] {
  const entries = [...data.series, ...data.bands].map(({ name }, i) => {
    const { glyph, colour, braille } = owners[i];
    const line = i < data.series.length ? data.series[i].style === "line" : true;
    const sample = braille ? glyph : line ? glyph.repeat(2) : glyph;
    return { sample: paint(colour, sample, color), sampleWidth: sample.length, name };
  });
  for (const { name } of data.markers) {
    entries.push({ sample: paint("dim", glyphs.marker, color), sampleWidth: 1, name });
  }
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const { sample, sampleWidth, name } of entries) {
    const text = clipped(name, width - sampleWidth - 3);
    const size = sampleWidth + 1 + stringWidth(text);
    if (used > 0 && used + 3 + size > width) {
      lines.push(line);
      line = "";
      used = 0;
    }
    const space = used > 0 ? "   " : "  ";
    line += `${space}${sample} ${text}`;
    used += space.length + size;
  }
  return [...lines, line];
}

function clipped(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (stringWidth(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
