const samePart = 0.01;

/** How far a number is from the printed one, in a few plain words. */
export function compareInWords(
  got: number,
  { printed, decimals }: { readonly printed: number; readonly decimals?: number },
): string {
  if (decimals !== undefined && got.toFixed(decimals) === printed.toFixed(decimals)) return "the same, as printed";
  const gap = Math.abs(got - printed);
  if (gap <= samePart * Math.abs(printed)) return gap === 0 ? "the same" : `off by ${percent(gap / Math.abs(printed))}`;
  if (printed === 0 || Math.sign(got) !== Math.sign(printed)) return `apart by ${Number(gap.toPrecision(2))}`;
  const ratio = Math.abs(got / printed);
  if (ratio >= 2) return `${Number(ratio.toPrecision(2))} times as large`;
  if (ratio <= 0.5) return `${Number((1 / ratio).toPrecision(2))} times smaller`;
  return `${percent(Math.abs(ratio - 1))} ${ratio > 1 ? "more" : "less"}`;
}

const percent = (part: number): string => `${Number((100 * part).toPrecision(2))} %`;
