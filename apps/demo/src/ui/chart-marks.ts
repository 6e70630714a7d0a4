import type uPlot from "uplot";

/** A horizontal line with words. */
export interface ChartMark {
  readonly value: number;
  readonly label: string;
  readonly colour: string;
}

/** A stretch of the x axis with a shade and words. */
export interface ChartBand {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly shaded: boolean;
}

export type Paint = (property: string) => string;

const font = (ratio: number): string => `${12 * ratio}px system-ui, sans-serif`;

export function drawBands(chart: uPlot, bands: readonly ChartBand[], paint: Paint): void {
  const { ctx, bbox } = chart;
  const { min = 0, max = 1 } = chart.scales.x;
  ctx.save();
  ctx.font = font(devicePixelRatio);
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  for (const { from, to, label, shaded } of bands) {
    if (to <= min || from >= max) continue;
    const [left, right] = [Math.max(from, min), Math.min(to, max)].map((x) => chart.valToPos(x, "x", true));
    if (shaded) {
      ctx.fillStyle = paint("--raised");
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
    ctx.fillStyle = paint("--faint");
    const pad = 4 * devicePixelRatio;
    if (ctx.measureText(label).width < right - left - 2 * pad) ctx.fillText(label, left + pad, bbox.top + pad);
  }
  ctx.restore();
}

export function drawMarks(chart: uPlot, marks: readonly ChartMark[], paint: Paint): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.font = font(devicePixelRatio);
  ctx.textAlign = "right";
  for (const { value, label, colour } of marks) {
    const y = chart.valToPos(value, "y", true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    ctx.strokeStyle = paint(colour);
    ctx.lineWidth = devicePixelRatio * 1.5;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const above = y - bbox.top > 20 * devicePixelRatio;
    ctx.textBaseline = above ? "bottom" : "top";
    ctx.setLineDash([]);
    ctx.fillStyle = paint(colour);
    const [right, base] = [bbox.left + bbox.width - 4 * devicePixelRatio, y + (above ? -3 : 3) * devicePixelRatio];
    ctx.lineWidth = 4 * devicePixelRatio;
    ctx.strokeStyle = paint("--card");
    ctx.strokeText(label, right, base);
    ctx.fillText(label, right, base);
  }
  ctx.restore();
}
