/** A ratio inside of one run that a peer of ours is to keep; without `must`, one that is only told. */
export interface Target {
  readonly work: string;
  readonly ours: string;
  readonly theirs: string;
  /** Times: at most this share of theirs. Rates: at least this multiple of theirs. */
  readonly must?: number;
  readonly stretch?: number;
}

export const targets: readonly Target[] = [
  { work: "W1", ours: "cpu", theirs: "pytorch", must: 0.15, stretch: 0.06 },
  { work: "W1", ours: "cpu", theirs: "js-pytorch", must: 0.25 },
  { work: "W1", ours: "cpu-compiled", theirs: "plain", must: 3, stretch: 1.5 },
  { work: "W2", ours: "cpu", theirs: "pytorch", must: 12, stretch: 20 },
  { work: "W2", ours: "cpu-compiled", theirs: "plain", must: 1 / 3, stretch: 2 / 3 },
  { work: "W3", ours: "cpu", theirs: "pytorch", must: 0.9, stretch: 0.65 },
  { work: "W3", ours: "cpu", theirs: "tfjs-wasm", must: 0.08 },
  { work: "W3", ours: "onnx", theirs: "pytorch", must: 0.55, stretch: 0.4 },
  { work: "W3", ours: "cpu-compiled", theirs: "pytorch" },
  { work: "W3", ours: "cpu-compiled", theirs: "cpu" },
  { work: "W4", ours: "cpu", theirs: "jax", must: 0.22, stretch: 0.18 },
  { work: "W4", ours: "cpu-2t", theirs: "jax", must: 0.12, stretch: 0.095 },
  { work: "W4", ours: "onnx", theirs: "pytorch", must: 1.1, stretch: 0.95 },
  { work: "W4", ours: "onnx-2t", theirs: "pytorch-2t", must: 1.2, stretch: 1 },
  { work: "W4", ours: "cpu-compiled", theirs: "jax" },
  { work: "W4", ours: "cpu-compiled", theirs: "cpu" },
  { work: "W4", ours: "cpu", theirs: "pytorch" },
  { work: "W4-GRU", ours: "onnx", theirs: "pytorch", must: 0.6, stretch: 0.45 },
  { work: "W5-b1", ours: "cpu", theirs: "jax", must: 0.5, stretch: 0.4 },
  { work: "W5-b16", ours: "cpu", theirs: "jax", must: 0.4, stretch: 0.3 },
  { work: "W5-b1", ours: "onnx", theirs: "ort", must: 1.05, stretch: 1 },
  { work: "W5-b16", ours: "onnx", theirs: "ort", must: 1.05, stretch: 1 },
  { work: "W6", ours: "cpu", theirs: "tfjs-wasm", must: 1.2, stretch: 1.4 },
  { work: "W4-memory", ours: "cpu", theirs: "pytorch", must: 1.3 },
];
