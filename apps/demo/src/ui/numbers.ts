/** A number as people write it: few digits, a real minus sign, powers of ten only where zeros would be many. */
export function short(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-5 || size >= 1e7)) return powerOfTen(value, digits);
  const rounded = Number(value.toPrecision(digits));
  return rounded.toLocaleString("en-US", { maximumSignificantDigits: digits }).replace("-", "−");
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function powerOfTen(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = tenTo(Number(exponent));
  const times = String(Number(mantissa)).replace("-", "−");
  return times === "1" ? power : `${times} · ${power}`;
}

const tenTo = (exponent: number): string =>
  `10${exponent < 0 ? "⁻" : ""}${[...String(Math.abs(exponent))].map((d) => superscripts[Number(d)]).join("")}`;

/** A text of numbers as programs write them, for the eye: 1.9e-8 as 1.9 · 10⁻⁸, and real minus signs. */
export const forTheEye = (text: string): string =>
  text
    .replace(/(\d)e([+-]?\d+)/g, (_, digit: string, exponent: string) => `${digit} · ${tenTo(Number(exponent))}`)
    .replaceAll("-", "−");

/** With its sign, plus included. */
export const withSign = (value: number, digits = 4): string =>
  value > 0 ? `+${short(value, digits)}` : short(value, digits);
