import { formatShape, type Shape, ShapeError, sizeOf } from "@unrolled/backend";
import type { Dim, TensorSpec } from "./model-file.js";

/** The sizes that one run has given to named dimensions so far, and what gave them. */
export class DimSizes {
  readonly #sizes = new Map<string, { readonly size: number; readonly where: string }>();

  /** Checks a shape against its declaration, and takes the sizes of named dimensions from it. */
  bind(op: string, where: string, { shape: declared }: TensorSpec, shape: Shape): void {
    if (declared === null) return;
    const wanted = (): string => `${where} must be ${formatDims(declared)}, got ${formatShape(shape)}`;
    if (declared.length !== shape.length || declared.some((dim, i) => typeof dim === "number" && dim !== shape[i])) {
      throw new ShapeError(op, wanted(), "give the declared shape; named sizes are free");
    }
    declared.forEach((dim, i) => {
      if (typeof dim !== "string") return;
      const known = this.#sizes.get(dim);
      if (!known) this.#sizes.set(dim, { size: shape[i], where });
      else if (known.size !== shape[i]) {
        const remedy = known.where.startsWith("state")
          ? "the state belongs to other sequences: call reset() before new ones"
          : "a named size must be the same wherever it stands";
        throw new ShapeError(op, `${wanted()}, but ${known.where} has ${dim} = ${known.size}`, remedy);
      }
    });
  }

  /** The declared shape with every size that is known by now; null for each that is not. */
  resolve(declared: readonly Dim[]): (number | null)[] {
    return declared.map((dim) => (typeof dim === "string" ? (this.#sizes.get(dim)?.size ?? null) : dim));
  }

  /** The shape of `length` elements given without one; null if more than one size is open yet. */
  infer(op: string, where: string, { shape: declared }: TensorSpec, length: number): Shape | null {
    if (declared === null) return null;
    const sizes = this.resolve(declared);
    const open = sizes.indexOf(null);
    if (open >= 0 && sizes.indexOf(null, open + 1) >= 0) return null;
    const known = sizeOf(sizes.map((size) => size ?? 1));
    const rest = open < 0 ? 1 : length / known;
    if (open < 0 ? known !== length : !Number.isInteger(rest)) {
      throw new ShapeError(
        op,
        `${where} has ${length} elements, but is ${formatDims(declared)}`,
        open < 0 ? `give ${known}` : `give a multiple of ${known}`,
      );
    }
    return sizes.map((size) => size ?? rest);
  }
}

export function formatDims(dims: readonly Dim[]): string {
  return `[${dims.map((dim) => dim ?? "?").join(", ")}]`;
}
