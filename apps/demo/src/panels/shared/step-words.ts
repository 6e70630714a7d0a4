/** A step by its number, from 1, and by what stands there where that has another name: "3 of 12 (1958-05)". */
export function stepWords(step: number, label: string, steps?: number): string {
  const number = String(step + 1);
  const place = steps === undefined ? number : `${number} of ${steps}`;
  if (label === number) return place;
  const name = label === "|" ? "beginning" : /^\d+$/.test(label) ? `value ${label} of the series` : label;
  return `${place} (${name})`;
}
