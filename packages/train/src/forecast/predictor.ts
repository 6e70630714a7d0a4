import type { Backend } from "@unrolled/backend";
import { noGrad, scope, type Tensor, tensor } from "@unrolled/core";
import { type FeaturePlan, SeriesFeatures } from "./features.js";
import type { Forecaster } from "./forecaster.js";

/** A trained model with what it needs to turn a history into a forecast. */
export class Predictor {
  readonly #model: Forecaster;
  readonly #plan: FeaturePlan;
  readonly #scale: number;
  readonly #backend: Backend;

  constructor(model: Forecaster, plan: FeaturePlan, scale: number, backend: Backend) {
    this.#model = model;
    this.#plan = plan;
    this.#scale = scale;
    this.#backend = backend;
  }

  /**
   * The next `plan.horizon` values.
   *
   * @param times of the history and of the steps to forecast; null where there are no dates
   */
  async predict(history: Float64Array, times: readonly number[] | null): Promise<Float64Array> {
    const { window, windowSize, horizon, stepSize } = this.#plan;
    const features = new SeriesFeatures(this.#plan, history, times, this.#scale);
    const origin = history.length;
    const x = new Float32Array(window * windowSize);
    const z = new Float32Array(horizon * stepSize);
    features.fillWindow(origin, x, 0);
    features.fillSteps(origin, z, 0);
    const place = { backend: this.#backend };
    const output = scope(
      (): Tensor =>
        noGrad(() =>
          this.#model.forward(
            tensor(x, { shape: [1, window, windowSize], ...place }),
            tensor(z, { shape: [1, horizon, stepSize], ...place }),
          ),
        ),
    );
    const added = await output.data();
    output.dispose();
    return features.firstGuess(origin).map((first, k) => first + added[k] * this.#scale);
  }
}
