export type { ChartBand, ChartMarker, ChartSeries, ChartSpec, ChartX } from "./spec.js";
export { type SvgChartOptions, svgChart } from "./svg.js";
export { type TerminalChartOptions, terminalChart } from "./terminal.js";
