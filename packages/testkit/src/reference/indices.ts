import { ArgumentError, type Op } from "@unrolled/backend";
import type { Values } from "./values.js";

/** Raises the ArgumentError of `gather` and `scatterAdd` for an index out of range. */
export function refuseIndexOutOfRange(op: Op, inputs: readonly (Values | null)[], attrs: object): void {
  if (op !== "gather" && op !== "scatterAdd") return;
  const { axis } = attrs as { readonly axis: number };
  const [x, picks] = inputs as readonly [Values, Values];
  const wrong = picks.values.find((i) => i < 0 || i >= x.shape[axis]);
  if (wrong !== undefined) {
    throw new ArgumentError(
      op,
      `index ${wrong} is outside axis ${axis} of [${x.shape.join(", ")}]`,
      "use 0 to size - 1",
    );
  }
}
