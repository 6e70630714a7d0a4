/** `1234.5` as `1,234.5` with a fixed number of decimals; what is not finite as a sign. */
export function formatNumber(value: number, decimals: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Math.abs(value) >= 1e15) return value.toExponential(3);
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A number in so many significant digits, with a power of ten where it is very large or very small. */
export function formatSignificant(value: number, digits: number): string {
  if (value === 0 || !Number.isFinite(value)) return formatNumber(value, 0);
  const size = Math.abs(value);
  if (size >= 1e8 || size < 1e-4) return value.toExponential(digits - 1);
  return formatNumber(value, decimalsFor([value], digits));
}

/**
 * How the numbers of one column are written: with the decimals that show `digits` significant ones of the smallest, or with
 * powers of ten where that would be long.
 */
export function formatterFor(values: Iterable<number>, digits: number): (value: number) => string {
  const sizes = [...values].filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  if (sizes.some((size) => size >= 1e8 || size < 1e-4)) return (value) => formatSignificant(value, digits);
  const decimals = decimalsFor(sizes, digits);
  return (value) => formatNumber(value, decimals);
}

/** Decimals with which the smallest of the numbers shows `digits` significant ones. At most 6. */
export function decimalsFor(values: Iterable<number>, digits: number): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > 0 && size < smallest) smallest = size;
  }
  if (!Number.isFinite(smallest)) return 0;
  return Math.min(6, Math.max(0, digits - 1 - Math.floor(Math.log10(smallest))));
}

/** A loss or another single number, in four significant digits. */
export function formatShort(value: number): string {
  return Number.isFinite(value) && value !== 0 ? Number(value.toPrecision(4)).toString() : formatNumber(value, 0);
}

/** A difference in two significant digits, `2.1e-7`. */
export function formatSmall(value: number): string {
  return value === 0 || !Number.isFinite(value) ? formatNumber(value, 0) : value.toExponential(1);
}

export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function formatCount(count: number, one: string, many: string = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}
