import { type Rgb, themeColour } from "./theme-colours.js";

/** Numbers as colours. Diverging: two colours that lead away from the page's own at 0. Sequential: one, from the page's own at `low`. */
export interface ColourScale {
  readonly kind: "diverging" | "sequential";
  readonly low: number;
  readonly high: number;
}

const toLinear = (v: number): number => (v <= 10.31475 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
const toByte = (v: number): number => 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

/** Oklab, in which equal steps look equal (Ottosson, 2020). */
function toOklab([red, green, blue]: Rgb): Rgb {
  const [r, g, b] = [toLinear(red), toLinear(green), toLinear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Rgb): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(Math.max(0, 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)),
    toByte(Math.max(0, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)),
    toByte(Math.max(0, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)),
  ];
}

const between = (from: Rgb, to: Rgb, part: number): Rgb =>
  [0, 1, 2].map((k) => from[k] + part * (to[k] - from[k])) as unknown as Rgb;

export const shades = 256;

/** The scale's colours from `low` to `high`, three bytes each, in the theme that `element` stands in. */
export function paletteOf(kind: ColourScale["kind"], element: HTMLElement): Uint8ClampedArray {
  const colour = (name: string): Rgb => toOklab(themeColour(element, name));
  const page = colour("--card");
  const [low, high] = kind === "diverging" ? [colour("--negative"), colour("--positive")] : [page, colour("--gate")];
  const palette = new Uint8ClampedArray(3 * shades);
  for (let i = 0; i < shades; i++) {
    const part = i / (shades - 1);
    const lab =
      kind === "sequential"
        ? between(low, high, part)
        : part < 0.5
          ? between(low, page, 2 * part)
          : between(page, high, 2 * part - 1);
    palette.set(fromOklab(lab), 3 * i);
  }
  return palette;
}

/** Which of the shades shows a value; values beyond the ends look like the ends, and what is no number is null. */
export function shadeOf({ low, high }: ColourScale, value: number): number | null {
  if (!Number.isFinite(value)) return null;
  const part = (value - low) / (high - low || 1);
  return Math.round((shades - 1) * Math.min(1, Math.max(0, part)));
}

/** The smallest of 1, 2, 5, 10, 20, … (or 0.5, 0.2, …) that is not below `size`. */
export function roundUp(size: number): number {
  if (!(size > 0) || !Number.isFinite(size)) return 1;
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 2, 5, 10].map((step) => step * power).find((limit) => limit >= size * (1 - 1e-12)) as number;
}
