export type TaskWord =
  | ("T" | "B" | "I" | "H" | "flags")
  | ("x" | "h0" | "c0" | "wIh" | "wHh" | "bIh" | "bHh" | "lengths")
  | ("y" | "hLast" | "cLast" | "reserve" | "scratch")
  | ("dy" | "dhLast" | "dcLast" | "dx" | "dh0" | "dc0" | "dwIh" | "dwHh" | "dbIh" | "dbHh")
  | ("P" | "wHr" | "dwHr");

const sizes: readonly TaskWord[] = ["T", "B", "I", "H", "flags"];
const inputs: readonly TaskWord[] = ["x", "h0", "c0", "wIh", "wHh", "bIh", "bHh", "lengths"];
const outputs: readonly TaskWord[] = ["y", "hLast", "cLast", "reserve", "scratch"];
const cotangents: readonly TaskWord[] = ["dy", "dhLast", "dcLast"];
const gradients: readonly TaskWord[] = ["dx", "dh0", "dc0", "dwIh", "dwHh", "dbIh", "dbHh"];
/** LSTM: the width of the hidden state, which is H unless it is projected, and the projection. */
const projection: readonly TaskWord[] = ["P", "wHr", "dwHr"];

/** Words of a sequence op's task in memory, in the order of assembly/task.ts. */
export const taskWords: readonly TaskWord[] = [
  ...[...sizes, ...inputs, ...outputs],
  ...[...cotangents, ...gradients, ...projection],
];

export const TASK_BYTES: number = taskWords.length * 4;

export const flagReverse = 1;
export const flagSave = 2;
export const flagRelu = 4;
export const flagResetAfter = 4;
