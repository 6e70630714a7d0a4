import type { DType, Shape } from "@unrolled/backend";

/** Ranks 0 to 5, odd sizes, sizes 0 and 1 in every place. */
export const shapes: readonly Shape[] = [
  [],
  [1],
  [7],
  [33],
  [0],
  [3, 5],
  [1, 7],
  [5, 1],
  [17, 3],
  [0, 3],
  [3, 0],
  [2, 3, 5],
  [3, 1, 5],
  [2, 0, 3],
  [2, 3, 1, 5],
  [2, 1, 3, 2, 3],
];

/** Pairs that broadcast: rows, columns, scalars, middle dimensions, both sides at once, empty. Each is also used the other way round. */
export const broadcastPairs: readonly (readonly [Shape, Shape])[] = [
  [[3, 5], [5]],
  [
    [3, 5],
    [3, 1],
  ],
  [
    [3, 5],
    [1, 1],
  ],
  [[3, 5], []],
  [[7], []],
  [[33], [1]],
  [
    [2, 3, 5],
    [2, 1, 5],
  ],
  [
    [2, 3, 5],
    [1, 3, 1],
  ],
  [
    [3, 1],
    [1, 5],
  ],
  [[3, 1], [7]],
  [
    [2, 1, 3, 1],
    [5, 1, 7],
  ],
  [
    [2, 1, 3, 1, 2],
    [1, 5, 1, 2, 1],
  ],
  [[1], [0]],
  [
    [0, 3],
    [1, 3],
  ],
  [
    [2, 1, 3],
    [0, 1],
  ],
];

export const floats: readonly DType[] = ["float32", "float64"];
export const numeric: readonly DType[] = [...floats, "int32"];
export const every: readonly DType[] = [...numeric, "bool"];
