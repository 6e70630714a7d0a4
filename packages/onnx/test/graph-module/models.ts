import { readFileSync } from "node:fs";
import type { Tensor } from "@unrolled/core";
import { tensor } from "@unrolled/core";
import type { GraphModule } from "@unrolled/onnx";
import { random } from "../numbers.js";
import { type Host, host } from "../values.js";

export const read = (name: string): Uint8Array =>
  readFileSync(new URL(`../import/models/${name}.onnx`, import.meta.url));

/** The committed files: which axes of their inputs are batch and time, and which inputs are int64 in the file. */
export interface ModelFile {
  readonly name: string;
  readonly feeds: (time: number, batch: number) => Readonly<Record<string, Host>>;
  readonly wide?: readonly string[];
}

const series = (time: number, batch: number): Readonly<Record<string, Host>> => ({ x: random([time, batch, 3], 5) });
const batchFirst = (time: number, batch: number): Readonly<Record<string, Host>> => ({
  x: random([batch, time, 3], 5),
});
const words = (shape: readonly number[], count: number): Host =>
  host(
    "int32",
    shape,
    Array.from({ length: shape[0] * shape[1] }, (_, i) => (i * 3) % count),
  );

export const modelFiles: readonly ModelFile[] = [
  ...["lstm", "gru", "rnn", "lstm-two-ways", "gru-two-ways", "rnn-two-ways", "unfolded", "new-lstm", "new-gru"].map(
    (name) => ({ name, feeds: series }),
  ),
  { name: "last", feeds: batchFirst },
  { name: "words", feeds: (time, batch) => ({ x: words([batch, time], 7) }), wide: ["x"] },
  { name: "twins", feeds: (time, batch) => ({ x: words([time, batch], 6) }), wide: ["x"] },
  {
    name: "states",
    feeds: (time, batch) => ({ ...series(time, batch), h0: random([1, batch, 4], 6), c0: random([1, batch, 4], 7) }),
  },
  {
    name: "ragged",
    feeds: (time, batch) => ({
      ...series(time, batch),
      lengths: host(
        "int32",
        [batch],
        Array.from({ length: batch }, (_, i) => Math.max(1, time - i)),
      ),
    }),
    wide: ["lengths"],
  },
  ...["keras-lstm", "keras-gru", "keras-two-ways", "keras-hard"].map((name) => ({ name, feeds: batchFirst })),
  { name: "keras-words", feeds: (time, batch) => ({ x: words([batch, time], 7) }) },
];

export const tensorsOf = (feeds: Readonly<Record<string, Host>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { data, shape, dtype }]) => [name, tensor(data, { shape, dtype })]),
  );

/** A scalar out of all float outputs, in which every element counts differently. */
export function lossOf(outputs: Readonly<Record<string, Tensor>>): Tensor {
  const parts = Object.values(outputs)
    .filter(({ dtype }) => dtype === "float32" || dtype === "float64")
    .map((y) => {
      const weights = Array.from({ length: y.size }, (_, i) => Math.sin(i + 1));
      return y.mul(tensor(weights, { dtype: y.dtype }).reshape(y.shape)).sum();
    });
  return parts.reduce((sum, part) => sum.add(part));
}

/** The gradient of `lossOf` for each parameter. */
export function gradientsOf(model: GraphModule, feeds: Readonly<Record<string, Host>>): Record<string, number[]> {
  model.zeroGrad();
  lossOf(model.run(tensorsOf(feeds))).backward();
  return Object.fromEntries(
    [...model.namedParameters()].map(([name, { grad }]) => [name, Array.from(grad?.dataSync() ?? [])]),
  );
}
