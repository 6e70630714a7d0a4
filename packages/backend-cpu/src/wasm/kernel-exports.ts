/**
 * What the WebAssembly module exports. Pointers are byte addresses in its memory, strides are bytes, all floats float32; 0 stands
 * for an absent tensor. Whatever ends in `thread, threads` is called by each thread with its own number; (0, 1) runs it alone.
 * The sources are in assembly/, one file for each group.
 */
export interface KernelExports
  extends MatmulExports,
    MapExports,
    PairExports,
    IndexExports,
    ReductionExports,
    NormalisedExports,
    UpdateExports,
    LstmExports,
    GruExports,
    RnnExports {
  threadLocalBytes(): number;
  useThreadLocal(at: number): void;
  useBarrier(at: number): void;
}

export interface MatmulExports {
  panelBytes(n: number, k: number): number;
  isSmallMatmul(m: number, n: number, k: number): number;
  matmul(
    ...args: [
      ...[m: number, n: number, k: number],
      ...[a: number, aStride: number, aTransposed: number],
      ...[b: number, bStride: number, bTransposed: number],
      ...[c: number, cStride: number, start: number, startStride: number],
      ...[panels: number, thread: number, threads: number],
    ]
  ): void;
  batchedMatmul(
    ...args: [
      ...[batches: number, m: number, n: number, k: number],
      ...[a: number, aStep: number, aTransposed: number, b: number, bStep: number, bTransposed: number, c: number],
      ...[panels: number, thread: number, threads: number],
    ]
  ): void;
}

/** out[i] = f(x[i]); `out` may be `x`. */
type FloatMap = (x: number, out: number, n: number, thread: number, threads: number) => void;

export interface MapExports {
  expMap: FloatMap;
  logMap: FloatMap;
  tanhMap: FloatMap;
  sigmoidMap: FloatMap;
  erfMap: FloatMap;
  sqrtMap: FloatMap;
  negMap: FloatMap;
  absMap: FloatMap;
  reluMap: FloatMap;
}

/**
 * out[i, j] = f(a[i, j], b[i, j]) for `rows` x `n` results. Element (i, j) of an operand lies `row * i + 4 * step * j` bytes from its
 * start; `step` is 0 or 1.
 */
type Pairs = (
  ...args: [
    ...[a: number, aRow: number, aStep: number],
    ...[b: number, bRow: number, bStep: number],
    ...[out: number, rows: number, n: number],
  ]
) => void;

export interface PairExports {
  addPairs: Pairs;
  subPairs: Pairs;
  mulPairs: Pairs;
  divPairs: Pairs;
  maximumPairs: Pairs;
  minimumPairs: Pairs;
}

/** Rows of n floats by int32 indices, which must exist. */
export interface IndexExports {
  /** out[i] = x[indices[i]] */
  gatherRows(
    ...args: [x: number, indices: number, out: number, rows: number, n: number, thread: number, threads: number]
  ): void;
  /** out[indices[i]] += updates[i] */
  scatterAddRows(
    ...args: [out: number, indices: number, updates: number, rows: number, n: number, thread: number, threads: number]
  ): void;
}

/** Folds x [rows, n] into out [rows] or [n]; neither size of a maximum may be 0. Sums add up in float64. */
type Fold = (x: number, out: number, rows: number, n: number, thread: number, threads: number) => void;

export interface ReductionExports {
  sumRows: Fold;
  maxRows: Fold;
  sumColumns: Fold;
  maxColumns: Fold;
  sumOf(x: number, n: number): number;
}

/** f of each row of x [rows, n], n > 0; `out` may be `x`. */
type RowMap = (x: number, out: number, rows: number, n: number, thread: number, threads: number) => void;
/** From the result y of a row map and its gradient dy; `dx` may be `dy`. */
type RowGradient = (
  ...args: [y: number, dy: number, dx: number, rows: number, n: number, thread: number, threads: number]
) => void;

export interface NormalisedExports {
  softmaxRows: RowMap;
  logSoftmaxRows: RowMap;
  softmaxGradientRows: RowGradient;
  logSoftmaxGradientRows: RowGradient;
  /** A target that is no class has the loss 0; its row of probabilities is left as it is. */
  crossEntropyRows(
    ...args: [
      ...[x: number, targets: number, losses: number, probabilities: number, rows: number, n: number],
      ...[thread: number, threads: number],
    ]
  ): void;
  /** `dx` may be the probabilities. */
  crossEntropyGradientRows(
    ...args: [
      ...[probabilities: number, targets: number, dy: number, dx: number, rows: number, n: number],
      ...[thread: number, threads: number],
    ]
  ): void;
  /** `epsBits`: the bits of a float32. */
  layerNormRows(
    ...args: [
      ...[x: number, weight: number, bias: number, out: number, rows: number, n: number, epsBits: number],
      ...[thread: number, threads: number],
    ]
  ): void;
  /** Leaves the mean and 1 / deviation of each row in `moments`. */
  layerNormGradientRows(
    ...args: [
      ...[x: number, weight: number, dy: number, moments: number, dx: number, rows: number, n: number],
      ...[epsBits: number, thread: number, threads: number],
    ]
  ): void;
  layerNormSums(
    ...args: [
      ...[x: number, dy: number, moments: number, dWeight: number, dBias: number, rows: number, n: number],
      ...[thread: number, threads: number],
    ]
  ): void;
}

/** Results may lie where the operands do. Rates are float64, as in the op table. */
export interface UpdateExports {
  sgdUpdate(
    ...args: [
      ...[parameter: number, gradient: number, buffer: number, newParameter: number, newBuffer: number, n: number],
      ...[learningRate: number, gain: number, momentum: number, weightDecay: number],
      ...[nesterov: number, maximize: number, thread: number, threads: number],
    ]
  ): void;
  adamUpdate(
    ...args: [
      ...[parameter: number, gradient: number, average: number, square: number, most: number],
      ...[newParameter: number, newAverage: number, newSquare: number, newMost: number, n: number],
      ...[beta1: number, beta2: number, eps: number, coupledDecay: number, shrink: number],
      ...[stepSize: number, correction: number, maximize: number, thread: number, threads: number],
    ]
  ): void;
}

/** `width`: of the hidden state, which is `hidden` unless `projects`, 1 or 0, says that it is projected. */
type LstmBytes = (
  ...args: [time: number, batch: number, inputs: number, hidden: number, width: number, projects: number]
) => number;

/** `task` points to the words of src/fast/sequence-task.ts. */
export interface LstmExports {
  lstmReserveBytes: LstmBytes;
  lstmScratchBytes: LstmBytes;
  lstmInferenceBytes: LstmBytes;
  lstmForward(task: number, thread: number, threads: number): void;
  lstmBackward(task: number, thread: number, threads: number): void;
}

export interface GruExports {
  gruReserveBytes(time: number, batch: number, inputs: number, hidden: number): number;
  gruScratchBytes(time: number, batch: number, inputs: number, hidden: number): number;
  gruInferenceBytes(time: number, batch: number, inputs: number, hidden: number): number;
  gruForward(task: number, thread: number, threads: number): void;
  gruBackward(task: number, thread: number, threads: number): void;
}

export interface RnnExports {
  rnnReserveBytes(time: number, batch: number, inputs: number, hidden: number): number;
  rnnScratchBytes(time: number, batch: number, inputs: number, hidden: number): number;
  rnnInferenceBytes(time: number, batch: number, inputs: number, hidden: number): number;
  rnnForward(task: number, thread: number, threads: number): void;
  rnnBackward(task: number, thread: number, threads: number): void;
}
