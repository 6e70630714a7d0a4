import { ArgumentError } from "@unrolled/backend";
import { describeValue, Tensor } from "@unrolled/core";
import type { Cell, CellResult } from "./cell.js";

function isState(state: unknown): state is readonly Tensor[] {
  return Array.isArray(state) && state.every((part) => part instanceof Tensor);
}

/** Raises for a state that is not a list of tensors. */
export function requireState(op: string, state: unknown): void {
  if (isState(state)) return;
  const what = Array.isArray(state) ? `[${state.map(describeValue).join(", ")}]` : describeValue(state);
  throw new ArgumentError(op, `the state is ${what}`, "give a list of tensors, such as [h]");
}

/** A cell's zero state; raises unless it is a list of tensors. */
export function zeroStateOf<S extends readonly Tensor[], C>(cell: Cell<S, C>, batch: number, like: Tensor): S {
  const state: S = cell.zeroState(batch, like);
  if (!isState(state)) {
    throw new ArgumentError(
      "zeroState",
      `the cell's zeroState returned ${describeValue(state)}`,
      "return a list of tensors [batch, size]: return [zeros([batch, size])]",
    );
  }
  return state;
}

/** What a cell's step or sequence returned; raises unless it is { output, state }. */
export function requireResult<S extends readonly Tensor[]>(
  method: "step" | "sequence",
  result: CellResult<S>,
): CellResult<S> {
  const { output, state } = (result ?? {}) as Partial<CellResult<S>>;
  if (output instanceof Tensor && isState(state)) return result;
  const whole = typeof result === "object" && result !== null && "output" in result && "state" in result;
  const what = whole ? `output ${describeValue(output)} and state ${describeValue(state)}` : describeValue(result);
  throw new ArgumentError(
    method,
    `the cell's ${method} returned ${what}`,
    "return { output, state }, where state is a list of tensors: { output: h, state: [h] }",
  );
}
