import { cpu } from "@unrolled/backend-cpu";
import { LSTM } from "@unrolled/cells";
import { Generator, type Tensor } from "@unrolled/core";
import { Embedding, init, Linear, Module } from "@unrolled/nn";
import { cellKind } from "../cells/index.js";
import { createLayers, type RecurrentLayers } from "../cells/layers.js";
import type { ModelShape } from "../tasks/task.js";
import type { Settings } from "./settings.js";

export interface ModelResult {
  /** [B, T, outputSize], or [B, outputSize] for the last step alone. */
  readonly output: Tensor;
  /** Of all layers, each [numLayers, B, H]. */
  readonly state: readonly Tensor[];
}

/** What every task trains: perhaps an embedding, recurrent layers, perhaps a readout. */
export class DemoModel extends Module {
  readonly embedding: Embedding | null;
  readonly recurrent: RecurrentLayers;
  readonly head: Linear | null;

  /** Weights are drawn on the CPU, from the seed alone, so that every engine starts from the same ones. */
  constructor(settings: Settings, shape: ModelShape) {
    super();
    const generator = new Generator(settings.seed);
    const { inputSize, outputSize, embeddingDim, bias, readout, initial } = shape;
    const { hiddenSize, numLayers } = settings;
    const backend = cpu();
    this.embedding = embeddingDim === undefined ? null : new Embedding(inputSize, embeddingDim, { generator, backend });
    this.recurrent = createLayers(cellKind(settings.cell), embeddingDim ?? inputSize, hiddenSize, {
      numLayers,
      bias,
      generator,
      backend,
    });
    this.head = readout === "linear" ? new Linear(hiddenSize, outputSize, { bias, generator, backend }) : null;
    if (initial !== "pytorch") {
      for (const weight of this.recurrent.parameters()) init.normal_(weight, 0, initial.recurrentStd, { generator });
      for (const weight of this.head?.parameters() ?? []) init.normal_(weight, 0, initial.readoutStd, { generator });
    }
  }

  /** x [B, T, I] or tokens [B, T] -> the outputs of every step [B, T, O], from a state of zeros. */
  override forward(x: Tensor): Tensor {
    return this.everyStep(x, null, null).output;
  }

  /** x [B, T, I] or tokens [B, T] -> the outputs of every step [B, T, O]. */
  everyStep(x: Tensor, state: readonly Tensor[] | null, lengths: Tensor | null): ModelResult {
    const [y, last] = this.#walk(x, state, lengths);
    return { output: this.readOut(y), state: last };
  }

  /** x [B, T, I] or tokens [B, T] -> the output of the last (valid) step [B, O]. */
  lastStep(x: Tensor, state: readonly Tensor[] | null, lengths: Tensor | null): ModelResult {
    const [, last] = this.#walk(x, state, lengths);
    return { output: this.readOut(last[0].select(0, -1)), state: last };
  }

  /** What the recurrent layers read [B, T, I] -> the outputs of every step [B, T, O], from a state of zeros. */
  fromFeatures(features: Tensor): Tensor {
    const [y] = this.recurrent.forward(features);
    return this.readOut(y);
  }

  #walk(x: Tensor, state: readonly Tensor[] | null, lengths: Tensor | null): [y: Tensor, state: readonly Tensor[]] {
    const features = this.embedding ? this.embedding.forward(x) : x;
    const options = lengths ? { lengths } : {};
    if (this.recurrent instanceof LSTM) {
      const [y, last] = this.recurrent.forward(features, state ? [state[0], state[1]] : null, options);
      return [y, last];
    }
    const [y, h] = this.recurrent.forward(features, state?.[0] ?? null, options);
    return [y, [h]];
  }

  /** Hidden states [..., H] -> outputs [..., O]. */
  readOut(hidden: Tensor): Tensor {
    return this.head ? this.head.forward(hidden) : hidden.narrow(-1, hidden.shape[hidden.rank - 1] - 1, 1);
  }
}
