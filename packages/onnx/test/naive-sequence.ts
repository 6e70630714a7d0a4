import type { Host } from "./values.js";

export interface SequenceCase {
  readonly kind: "tanh" | "relu" | "lstm" | "gru" | "gruResetBefore";
  readonly reverse: boolean;
  readonly x: Host;
  readonly h: Host;
  readonly c: Host;
  readonly wIh: Host;
  readonly wHh: Host;
  readonly bIh: Host | null;
  readonly bHh: Host | null;
  readonly lengths: Host | null;
}

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

/** The contract's sequence ops, one number at a time: one batch row after the other, each over its own length. */
export function naiveSequence(s: SequenceCase): { y: number[]; h: number[]; c: number[] } {
  const [T, B, I] = s.x.shape;
  const H = s.wHh.shape[1];
  const y = new Array<number>(T * B * H).fill(0);
  const lastH = Array.from(s.h.data);
  const lastC = Array.from(s.c.data);
  for (let b = 0; b < B; b++) {
    const length = s.lengths ? s.lengths.data[b] : T;
    let h = lastH.slice(b * H, (b + 1) * H);
    let c = lastC.slice(b * H, (b + 1) * H);
    for (let step = 0; step < length; step++) {
      const t = s.reverse ? length - 1 - step : step;
      const previous = h;
      const fromX = (row: number): number => {
        let sum = s.bIh ? s.bIh.data[row] : 0;
        for (let i = 0; i < I; i++) sum += s.wIh.data[row * I + i] * s.x.data[(t * B + b) * I + i];
        return sum;
      };
      const fromH = (row: number, state: readonly number[]): number => {
        let sum = s.bHh ? s.bHh.data[row] : 0;
        for (let i = 0; i < H; i++) sum += s.wHh.data[row * H + i] * state[i];
        return sum;
      };
      const gate = (g: number, j: number): number => fromX(g * H + j) + fromH(g * H + j, previous);
      const units = previous.map((_, j) => j);
      if (s.kind === "tanh") h = units.map((j) => Math.tanh(gate(0, j)));
      else if (s.kind === "relu") h = units.map((j) => Math.max(0, gate(0, j)));
      else if (s.kind === "lstm") {
        const before = c;
        c = units.map((j) => sigmoid(gate(1, j)) * before[j] + sigmoid(gate(0, j)) * Math.tanh(gate(2, j)));
        const after = c;
        h = units.map((j) => sigmoid(gate(3, j)) * Math.tanh(after[j]));
      } else {
        const r = units.map((j) => sigmoid(gate(0, j)));
        const z = units.map((j) => sigmoid(gate(1, j)));
        const gated = previous.map((v, j) => r[j] * v);
        h = units.map((j) => {
          const row = 2 * H + j;
          const recurrent = s.kind === "gru" ? r[j] * fromH(row, previous) : fromH(row, gated);
          return (1 - z[j]) * Math.tanh(fromX(row) + recurrent) + z[j] * previous[j];
        });
      }
      for (let j = 0; j < H; j++) y[(t * B + b) * H + j] = h[j];
    }
    for (let j = 0; j < H; j++) {
      lastH[b * H + j] = h[j];
      lastC[b * H + j] = c[j];
    }
  }
  return { y, h: lastH, c: lastC };
}
