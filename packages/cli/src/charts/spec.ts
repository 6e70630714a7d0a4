/** Horizontal positions: numbers, or dates as `2014-12-31` (also `2014-12`, and with a time, `2014-12-31T18:00`), read as UTC. */
export type ChartX = ArrayLike<number> | readonly string[];

/** One line or one cloud of points. */
export interface ChartSeries {
  /** Text in the legend. */
  readonly name: string;
  /** Positions, as many as `y`. Default: 0, 1, 2, … */
  readonly x?: ChartX;
  /** Values. One that is not finite leaves a gap. */
  readonly y: ArrayLike<number>;
  readonly style: "line" | "points";
}

/** The area between two curves, such as a forecast's interval. Drawn under the series. */
export interface ChartBand {
  readonly name: string;
  /** Positions, as many as `lower`. Default: 0, 1, 2, … */
  readonly x?: ChartX;
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** A labelled vertical line. */
export interface ChartMarker {
  readonly name: string;
  readonly x: number | string;
}

/** What both kinds of charts show. */
export interface ChartSpec {
  readonly series: readonly ChartSeries[];
  readonly bands?: readonly ChartBand[];
  readonly markers?: readonly ChartMarker[];
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
}
