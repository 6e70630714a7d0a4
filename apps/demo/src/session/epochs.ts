/** From an update on, so many make an epoch: until the size of a batch is changed. */
export interface EpochLength {
  readonly from: number;
  /** Epochs done by then. */
  readonly done: number;
  readonly updates: number;
}

/** Of a sum of fractions that makes a whole epoch. */
const rounding = 1e-9;

/** Epochs done after so many updates; fractions that add up to a whole one are one. */
export function epochsAt(lengths: readonly EpochLength[], update: number): number {
  const { from, done, updates } = lengths.findLast((one) => one.from <= update) ?? lengths[0];
  const epochs = done + (update - from) / updates;
  return Math.abs(epochs - Math.round(epochs)) < rounding ? Math.round(epochs) : epochs;
}

/** From `update` on, an epoch has another length. */
export function withLength(lengths: readonly EpochLength[], update: number, updates: number): readonly EpochLength[] {
  const before = lengths.filter(({ from }) => from < update);
  return [...before, { from: update, done: update === 0 ? 0 : epochsAt(lengths, update), updates }];
}

/** Updates that make an epoch now. */
export const updatesPerEpoch = (lengths: readonly EpochLength[]): number => lengths[lengths.length - 1].updates;
