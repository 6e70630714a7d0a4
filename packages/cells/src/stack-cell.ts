import { formatShape, ShapeError } from "@unrolled/backend";
import { stack, type Tensor, unbind } from "@unrolled/core";
import type { Cell } from "./cell.js";
import { zeroStateOf } from "./cell-contract.js";
import { stepRow } from "./recurrent-cell.js";

/** Cells upon each other as one cell of one step: state parts [cells, B, size]. `between` acts on all outputs but the last. */
export function stackCell<S extends readonly Tensor[]>(
  op: string,
  cells: readonly Cell<S, unknown>[],
  between: (output: Tensor) => Tensor,
): Cell<S, readonly unknown[]> {
  return {
    zeroState: (batch, like) => stackStates(cells.map((cell) => zeroStateOf(cell, batch, like))),
    sequenceContext: (batch, like) => cells.map((cell) => cell.sequenceContext?.(batch, like)),
    step: (x, state, contexts) => {
      for (const { shape } of state) {
        if (shape[0] === cells.length) continue;
        throw new ShapeError(op, `a state is ${formatShape(shape)}`, `give [${cells.length}, batch, size]`);
      }
      const parts = state.map((part) => unbind(part, 0));
      const next: S[] = [];
      let output = x;
      for (const [layer, cell] of cells.entries()) {
        const before = parts.map((part) => part[layer]) as unknown as S;
        const result = stepRow(cell, layer === 0 ? x : between(output), before, contexts[layer]);
        output = result.output;
        next.push(result.state);
      }
      return { output, state: stackStates(next) };
    },
  };
}

/** States of cells, one tensor a part: [cells, B, size]. */
export function stackStates<S extends readonly Tensor[]>(states: readonly S[]): S {
  return states[0].map((_, i) =>
    stack(
      states.map((parts) => parts[i]),
      0,
    ),
  ) as unknown as S;
}
