/** Linear between neighbours; 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [below, above] = [Math.floor(place), Math.ceil(place)];
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

export interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** The slope's standard error. */
  readonly error: number;
}

/** The least squares line. */
export function fitLine(x: readonly number[], y: readonly number[]): Line {
  const [centreX, centreY] = [mean(x), mean(y)];
  let [products, squares] = [0, 0];
  x.forEach((value, i) => {
    products += (value - centreX) * (y[i] - centreY);
    squares += (value - centreX) ** 2;
  });
  const slope = products / squares;
  const intercept = centreY - slope * centreX;
  const residue = x.reduce((sum, value, i) => sum + (y[i] - intercept - slope * value) ** 2, 0);
  return { slope, intercept, error: Math.sqrt(residue / Math.max(1, x.length - 2) / squares) };
}
