import { forTheEye } from "../../ui/numbers.js";

/** How numbers are written: those that are put into a formula, and what comes out of it. */
export interface Digits {
  readonly id: string;
  readonly label: string;
  /** A number of a formula. JavaScript, Python and calculators read it. */
  readonly factor: (value: number) => string;
  /** A product of two of them, or a sum of such: with four decimals it is exact, so that what is shown adds up. */
  readonly product: (value: number) => string;
  readonly result: (value: number) => string;
}

const withoutMinusZero = (text: string): string => (Number(text) === 0 ? text.replace("-", "") : text);
const fixed =
  (decimals: number) =>
  (value: number): string =>
    withoutMinusZero(value.toFixed(decimals));

/** Nine digits tell any two float32 numbers apart. */
const nineDigits = (value: number): string => String(Number(value.toPrecision(9)));

export const digitChoices: readonly Digits[] = [
  { id: "4", label: "4 decimals", factor: fixed(4), product: fixed(8), result: fixed(6) },
  { id: "full", label: "all digits", factor: nineDigits, product: nineDigits, result: nineDigits },
];

export const [fourDecimals, allDigits] = digitChoices;

/** With signs and powers for the eye, which screen readers read out too. */
export const onScreen: (number: string) => string = forTheEye;

/** With its sign, plus included. */
export const signed = (number: string): string => (number.startsWith("-") ? onScreen(number) : `+${onScreen(number)}`);

const subscripts = "₀₁₂₃₄₅₆₇₈₉";
export const subscript = (n: number): string => [...String(n)].map((digit) => subscripts[Number(digit)]).join("");

/** A formula for the eye: c' as c′, and minus signs. */
export const primed = (text: string): string => text.replaceAll("'", "′").replaceAll(" - ", " − ");
