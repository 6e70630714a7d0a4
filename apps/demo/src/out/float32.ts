/** The shortest decimal that is read back as this very float32. */
export function shortestFloat32(value: number): string {
  const exact = Math.fround(value);
  if (Number.isInteger(exact) && Math.abs(exact) < 1e7) return String(exact);
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(exact.toPrecision(digits)));
    if (Math.fround(Number(text)) === exact) return text;
  }
  return String(Number(exact.toPrecision(9)));
}

const perLine = 10;

/** A list of float32 values as source code, ten to a line, that both JavaScript and Python read. */
export function float32List(values: ArrayLike<number>, indent: string): string {
  const words = Array.from(values, shortestFloat32);
  if (words.length <= perLine) return `[${words.join(", ")}]`;
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += perLine) lines.push(`${indent}  ${words.slice(i, i + perLine).join(", ")},`);
  return `[\n${lines.join("\n")}\n${indent}]`;
}
