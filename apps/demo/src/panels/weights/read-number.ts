const largest = 3.4028234663852886e38;

/** What was typed as a number of 32 bits, or what is wrong with it, in words. A comma counts as a point. */
export function readNumber(typed: string): number | string {
  const text = typed.trim().replace("−", "-").replace(",", ".");
  if (text === "") return "Type a number, such as 0.5 or -1.25, or press Escape to leave it as it was.";
  const value = Number(text);
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) || Number.isNaN(value))
    return `“${typed}” is no number. Type one such as 0.5 or -1.25, or press Escape to leave it as it was.`;
  if (Math.abs(value) > largest) return "That is more than 32 bits can hold. Type a smaller number, or press Escape.";
  return Math.fround(value);
}
