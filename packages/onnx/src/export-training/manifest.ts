import type { DType, Graph, GraphValue, HostTensor } from "@unrolled/backend";
import { formatSize, nameOfSize } from "@unrolled/backend";

/** A tensor of the file: sizes that differ from run to run are text. */
export interface ManifestTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

/** What to feed a training file, and what it gives: plain data, for a program in any language. */
export interface TrainingManifest {
  readonly format: "unrolled-training";
  readonly version: 1;
  /** The batch. */
  readonly inputs: readonly ManifestTensor[];
  /** Learning rates, 0-d, with the values that they had. They may change from step to step. */
  readonly rates: readonly (ManifestTensor & { readonly value: number })[];
  /** Dropout masks to draw for every step: each element is 1 with this probability, else 0. */
  readonly masks: readonly (ManifestTensor & { readonly probability: number })[];
  readonly outputs: readonly ManifestTensor[];
  /** Feed `output` of one step to `input` of the next; before the first, `initial` has them by the name of the input. */
  readonly state: readonly (Omit<ManifestTensor, "name"> & { readonly input: string; readonly output: string })[];
}

/** A value of a graph under a name, with names for the sizes that vary. */
export function manifestTensor(graph: Graph, name: string, value: GraphValue): ManifestTensor {
  const sizes = graph.dims?.shapes.get(value) ?? value.shape;
  const shape = sizes.map((size) => (typeof size === "number" ? size : (nameOfSize(size) ?? formatSize(size))));
  return { name, dtype: value.dtype, shape };
}

/** The state before the first step, by the names of the file's inputs. */
export function initialState(graph: Graph): Record<string, HostTensor> {
  return Object.fromEntries(
    graph.state.map(({ name, input, initial }) => [name, { data: initial, shape: input.shape, dtype: input.dtype }]),
  );
}
