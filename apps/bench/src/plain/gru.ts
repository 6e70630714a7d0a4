import { transposed } from "../arrays.js";
import { addRows, multiplyAdd, multiplyTransposedAdd, sigmoid, sumRows } from "./products.js";
import type { PlainLayer, PlainParameters } from "./recurrent.js";

interface Kept {
  readonly x: Float32Array;
  readonly time: number;
  readonly batch: number;
  /** Gates r, z, n after their activations. */
  readonly gates: Float32Array;
  /** The state's product with U, and its bias. */
  readonly fromState: Float32Array;
  readonly hidden: Float32Array;
}

/** The reset gate comes after the product, as in PyTorch. */
export class PlainGru implements PlainLayer {
  readonly parameters: PlainParameters;
  readonly #input: number;
  readonly #hidden: number;
  #kept: Kept | null = null;

  constructor(input: number, hidden: number, parameters: PlainParameters) {
    this.#input = input;
    this.#hidden = hidden;
    this.parameters = parameters;
  }

  forward(x: Float32Array, time: number, batch: number): Float32Array {
    const { w, u, biasIh, biasHh } = this.parameters;
    const h = this.#hidden;
    const [width, states] = [3 * h, batch * h];
    const gates = new Float32Array(time * batch * width);
    const fromState = new Float32Array(time * batch * width);
    const hidden = new Float32Array((time + 1) * states);
    addRows(gates, biasIh);
    addRows(fromState, biasHh);
    multiplyAdd(x, w, gates, [time * batch, this.#input, width]);
    for (let t = 0; t < time; t++) {
      const block = t * batch * width;
      const now = gates.subarray(block, block + batch * width);
      const state = fromState.subarray(block, block + batch * width);
      multiplyAdd(hidden.subarray(t * states, (t + 1) * states), u, state, [batch, h, width]);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < h; j++) {
          const at = b * width + j;
          const before = t * states + b * h + j;
          const r = sigmoid(now[at] + state[at]);
          const z = sigmoid(now[at + h] + state[at + h]);
          const n = Math.tanh(now[at + 2 * h] + r * state[at + 2 * h]);
          now[at] = r;
          now[at + h] = z;
          now[at + 2 * h] = n;
          hidden[before + states] = n + z * (hidden[before] - n);
        }
      }
    }
    this.#kept = { x, time, batch, gates, fromState, hidden };
    return hidden;
  }

  backward(gradient: Float32Array): readonly Float32Array[] {
    if (this.#kept === null) throw new Error("forward comes first");
    const { x, time, batch, gates, fromState, hidden } = this.#kept;
    const h = this.#hidden;
    const [width, states] = [3 * h, batch * h];
    const uTransposed = transposed(this.parameters.u, h, width);
    const dW = new Float32Array(this.#input * width);
    const dU = new Float32Array(h * width);
    const dBiasIh = new Float32Array(width);
    const dBiasHh = new Float32Array(width);
    const dHidden = new Float32Array(states);
    for (let t = time - 1; t >= 0; t--) {
      const block = t * batch * width;
      const now = gates.subarray(block, block + batch * width);
      const state = fromState.subarray(block, block + batch * width);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < h; j++) {
          const at = b * width + j;
          const place = b * h + j;
          const step = t * states + place;
          const [r, z, n] = [now[at], now[at + h], now[at + 2 * h]];
          const dh = gradient[step] + dHidden[place];
          const dn = dh * (1 - z) * (1 - n * n);
          const dz = dh * (hidden[step] - n) * z * (1 - z);
          const dr = dn * state[at + 2 * h] * r * (1 - r);
          now[at] = dr;
          now[at + h] = dz;
          now[at + 2 * h] = dn;
          state[at] = dr;
          state[at + h] = dz;
          state[at + 2 * h] = dn * r;
          dHidden[place] = dh * z;
        }
      }
      multiplyTransposedAdd(hidden.subarray(t * states, (t + 1) * states), state, dU, [batch, h, width]);
      multiplyAdd(state, uTransposed, dHidden, [batch, width, h]);
    }
    multiplyTransposedAdd(x, gates, dW, [time * batch, this.#input, width]);
    sumRows(gates, dBiasIh);
    sumRows(fromState, dBiasHh);
    return [dW, dU, dBiasIh, dBiasHh];
  }
}
