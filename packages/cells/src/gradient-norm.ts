import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { grad, norm, scope, stack, Tensor } from "@unrolled/core";
import type { Cell } from "./cell.js";
import { RecurrentStack } from "./recurrent-stack.js";
import { scan } from "./scan.js";

/** Options of `gradientNormByTime`. */
export interface GradientNormOptions<S extends readonly Tensor[]> {
  /** Where to begin; zeros when left out. */
  readonly state?: S;
  /** Which part of the state: 0 for h, 1 for an LSTM's c. Default 0. */
  readonly part?: number;
}

/** The same cell, step by step, telling each state that it makes. */
function observed<S extends readonly Tensor[], C>(cell: Cell<S, C>, tell: (state: S) => void): Cell<S, C> {
  return {
    zeroState: (batch, like) => cell.zeroState(batch, like),
    project: (x) => (cell.project ? cell.project(x) : x),
    sequenceContext: (batch, like) => cell.sequenceContext?.(batch, like) as C,
    step: (x, state, context) => {
      const result = cell.step(x, state, context);
      tell(result.state);
      return result;
    },
  };
}

/**
 * How strongly a loss depends on the hidden state at each time: the norm of d loss / d h_t, over the whole batch, through
 * everything after t. Where it shrinks towards early steps, gradients vanish; where it grows, they explode (Hochreiter, 1991;
 * Bengio et al., 1994). It walks step by step, so it is for looking, not for training.
 *
 * @param x [T, B, I], or what the layer reads
 * @param loss from all outputs (in the layer's own layout) and the last state to a scalar
 * @returns [layers * directions, T], for a cell [1, T]; column t is time t, for a reverse direction too
 * @throws ArgumentError for a part that the state has not
 * @example
 * const norms = gradientNormByTime(rnn, x, (y) => y.select(0, -1).sum());
 * console.log(norms.toArray());
 */
export function gradientNormByTime<S extends readonly Tensor[], C>(
  cell: Cell<S, C> | RecurrentStack<S>,
  x: Tensor,
  loss: (output: Tensor, state: S) => Tensor,
  options: GradientNormOptions<S> = {},
): Tensor {
  requireKnownOptions("gradientNormByTime", options, ["state", "part"]);
  const { state, part = 0 } = options;
  return scope((): Tensor => {
    const states: Tensor[][] = [];
    const watch = <D>(inner: Cell<S, D>, index: number): Cell<S, D> => {
      states[index] = [];
      return observed(inner, (now) => {
        if (!(now[part] instanceof Tensor)) {
          throw new ArgumentError(
            "gradientNormByTime",
            `part ${part} of a state of ${now.length}`,
            `use an integer from 0 to ${now.length - 1}`,
          );
        }
        states[index].push(now[part]);
      });
    };
    const stacked = cell instanceof RecurrentStack;
    const result = stacked ? cell.runObserved(x, state, watch) : scan(watch(cell, 0), x, state);
    if (stacked && cell.bidirectional)
      for (const [index, list] of states.entries()) if (index % 2 === 1) list.reverse();
    const gradients = grad(loss(result.output, result.state), states.flat(), { allowUnused: true });
    return stack(gradients.map((g) => norm(g))).reshape([states.length, states[0].length]);
  });
}
