/** Mean of each value and those before it, `count` in all; what is no number is left out. */
export function trailingMean(values: Float64Array, count: number): Float64Array {
  let [sum, held] = [0, 0];
  const kept: number[] = [];
  return values.map((value) => {
    if (!Number.isFinite(value)) return Number.NaN;
    kept.push(value);
    sum += value;
    held++;
    if (held > count) {
      sum -= kept[kept.length - held];
      held--;
    }
    return sum / held;
  });
}
