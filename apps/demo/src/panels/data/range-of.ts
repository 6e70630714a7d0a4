export const rangeOf = (values: ArrayLike<number>): readonly [low: number, high: number] =>
  Array.from(values).reduce<readonly [number, number]>(
    ([a, b], v) => [Math.min(a, v), Math.max(b, v)],
    [Infinity, -Infinity],
  );
