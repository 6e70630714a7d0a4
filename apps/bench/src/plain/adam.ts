/** Adam with PyTorch's defaults, over flat arrays. */
export class PlainAdam {
  readonly #parameters: readonly Float32Array[];
  readonly #means: readonly Float32Array[];
  readonly #squares: readonly Float32Array[];
  readonly #learningRate: number;
  #steps = 0;

  constructor(parameters: readonly Float32Array[], learningRate: number) {
    this.#parameters = parameters;
    this.#means = parameters.map(({ length }) => new Float32Array(length));
    this.#squares = parameters.map(({ length }) => new Float32Array(length));
    this.#learningRate = learningRate;
  }

  step(gradients: readonly Float32Array[]): void {
    this.#steps++;
    const rate = this.#learningRate / (1 - 0.9 ** this.#steps);
    const rootCorrection = 1 / Math.sqrt(1 - 0.999 ** this.#steps);
    this.#parameters.forEach((parameter, which) => {
      const [gradient, mean, square] = [gradients[which], this.#means[which], this.#squares[which]];
      for (let i = 0; i < parameter.length; i++) {
        const g = gradient[i];
        mean[i] = 0.9 * mean[i] + 0.1 * g;
        square[i] = 0.999 * square[i] + 0.001 * g * g;
        parameter[i] -= (rate * mean[i]) / (Math.sqrt(square[i]) * rootCorrection + 1e-8);
      }
    });
  }
}
