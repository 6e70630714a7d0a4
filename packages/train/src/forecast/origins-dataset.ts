import type { Dataset, HostArray } from "@unrolled/datasets";
import type { SeriesFeatures } from "./features.js";

/** A sample for each origin: its window `[W, F]`, what is known of the steps to forecast `[H, G]`, and the targets `[H]`. */
export class OriginsDataset implements Dataset<readonly [HostArray, HostArray, HostArray]> {
  readonly #features: SeriesFeatures;
  readonly #origins: readonly number[];

  constructor(features: SeriesFeatures, origins: readonly number[]) {
    this.#features = features;
    this.#origins = origins;
  }

  get length(): number {
    return this.#origins.length;
  }

  get(index: number): readonly [HostArray, HostArray, HostArray] {
    const [x, z, y] = this.gather([index]);
    const unbatched = ({ data, shape }: HostArray): HostArray => ({ data, shape: shape.slice(1) });
    return [unbatched(x), unbatched(z), unbatched(y)];
  }

  gather(indices: ArrayLike<number>): readonly [HostArray, HostArray, HostArray] {
    const { window, windowSize, horizon, stepSize } = this.#features.plan;
    const batch = indices.length;
    const x = new Float32Array(batch * window * windowSize);
    const z = new Float32Array(batch * horizon * stepSize);
    const y = new Float32Array(batch * horizon);
    for (let b = 0; b < batch; b++) {
      const origin = this.#origins[indices[b]];
      this.#features.fillWindow(origin, x, b * window * windowSize);
      this.#features.fillSteps(origin, z, b * horizon * stepSize);
      this.#features.fillTargets(origin, y, b * horizon);
    }
    return [
      { data: x, shape: [batch, window, windowSize] },
      { data: z, shape: [batch, horizon, stepSize] },
      { data: y, shape: [batch, horizon] },
    ];
  }
}
