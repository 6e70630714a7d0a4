import type { Tensor } from "./helpers.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

interface Attrs {
  readonly nonlinearity?: "tanh" | "relu";
  readonly resetAfter?: boolean;
  readonly reverse: boolean;
}

/** The sequence ops one sequence, one step and one unit at a time, straight from their formulas: y, h and (LSTM) c. */
export function naiveSequence(op: string, attrs: Attrs, inputs: readonly (Tensor | null)[]): number[][] {
  const lstm = op === "lstmSequence";
  const [x, h0] = inputs as Tensor[];
  const c0 = lstm ? (inputs[2] as Tensor) : h0;
  const [wIh, wHh, bIh, bHh, lengths, wHr] = inputs.slice(lstm ? 3 : 2);
  if (!wIh || !wHh) throw new Error("weights are missing");
  const [T, B, I] = x.meta.shape;
  const H = c0.meta.shape[1];
  const width = h0.meta.shape[1];
  const y = new Array<number>(T * B * width).fill(0);
  const lastH: number[] = [];
  const lastC: number[] = [];

  for (let b = 0; b < B; b++) {
    let h = Array.from(h0.data.subarray(b * width, (b + 1) * width));
    let c = Array.from(c0.data.subarray(b * H, (b + 1) * H));
    const end = lengths ? lengths.data[b] : T;
    for (let step = 0; step < end; step++) {
      const t = attrs.reverse ? end - 1 - step : step;
      const fromInput = (row: number): number => {
        let s = bIh ? bIh.data[row] : 0;
        for (let p = 0; p < I; p++) s += wIh.data[row * I + p] * x.data[(t * B + b) * I + p];
        return s;
      };
      const fromState = (row: number, state: number[]): number => {
        let s = bHh ? bHh.data[row] : 0;
        for (let p = 0; p < width; p++) s += wHh.data[row * width + p] * state[p];
        return s;
      };
      const sum = (row: number): number => fromInput(row) + fromState(row, h);
      const next: number[] = [];
      const nextC: number[] = [];
      for (let j = 0; j < H; j++) {
        if (op === "rnnSequence") {
          next.push(attrs.nonlinearity === "relu" ? Math.max(0, sum(j)) : Math.tanh(sum(j)));
        } else if (lstm) {
          const cell = sigmoid(sum(H + j)) * c[j] + sigmoid(sum(j)) * Math.tanh(sum(2 * H + j));
          nextC.push(cell);
          next.push(sigmoid(sum(3 * H + j)) * Math.tanh(cell));
        } else {
          const z = sigmoid(sum(H + j));
          const row = 2 * H + j;
          const n = attrs.resetAfter
            ? Math.tanh(fromInput(row) + sigmoid(sum(j)) * fromState(row, h))
            : Math.tanh(
                fromInput(row) +
                  fromState(
                    row,
                    h.map((value, k) => sigmoid(sum(k)) * value),
                  ),
              );
          next.push((1 - z) * n + z * h[j]);
        }
      }
      h = wHr ? h.map((_, p) => next.reduce((sum, m, j) => sum + wHr.data[p * H + j] * m, 0)) : next;
      c = nextC;
      for (let j = 0; j < width; j++) y[(t * B + b) * width + j] = h[j];
    }
    lastH.push(...h);
    lastC.push(...c);
  }
  return lstm ? [y, lastH, lastC] : [y, lastH];
}
