import { type GraphBinding, type GraphDims, GraphError, nameOfSize, type Size } from "@unrolled/backend";
import type { ModelBuilder } from "./builder.js";
import { int } from "./proto.js";
import { fixedSize } from "./sizes.js";

interface Place {
  readonly input: string;
  readonly axis: number;
}

/** Where a run finds the size of each name: the first input that has it. */
export function placesOfNames(
  inputs: readonly GraphBinding[],
  dims: GraphDims | undefined,
): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const { name: input, value } of inputs) {
    dims?.shapes.get(value)?.forEach((size, axis) => {
      const name = nameOfSize(size);
      if (name !== null && !places.has(name)) places.set(name, { input, axis });
    });
  }
  return places;
}

/** Emits nodes that compute a size in each run; returns the name of an int64 tensor [1]. */
export function computeSize(
  b: ModelBuilder,
  size: Size,
  places: ReadonlyMap<string, Place>,
  sizeOf: (size: Size) => string,
): string {
  const fixed = fixedSize(size);
  if (fixed !== null || typeof size === "number") return b.int64([fixed ?? 0]);
  const name = nameOfSize(size);
  if (name !== null) {
    const place = places.get(name);
    if (place === undefined)
      throw new GraphError("graphToOnnx", `no input has the size "${name}"`, "name it in the shape of an input");
    return b.node("Shape", [place.input], [int("start", place.axis), int("end", place.axis + 1)]);
  }
  const terms = size.terms.map(({ coefficient, factors }) => {
    const parts = factors.map((factor) => sizeOf({ terms: [{ coefficient: 1, factors: [factor] }] }));
    if (coefficient !== 1 || parts.length === 0) parts.push(b.int64([coefficient]));
    return parts.reduce((product, part) => b.node("Mul", [product, part]));
  });
  return terms.reduce((sum, term) => b.node("Add", [sum, term]));
}
