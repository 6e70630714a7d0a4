import { transposed } from "../arrays.js";
import { addRows, multiplyAdd, multiplyTransposedAdd, sigmoid, sumRows } from "./products.js";
import type { PlainLayer, PlainParameters } from "./recurrent.js";

interface Kept {
  readonly x: Float32Array;
  readonly time: number;
  readonly batch: number;
  /** Gates i, f, g, o after their activations. */
  readonly gates: Float32Array;
  readonly hidden: Float32Array;
  readonly cell: Float32Array;
  readonly tanhCell: Float32Array;
}

export class PlainLstm implements PlainLayer {
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
    const [width, states] = [4 * h, batch * h];
    const gates = new Float32Array(time * batch * width);
    const hidden = new Float32Array((time + 1) * states);
    const cell = new Float32Array((time + 1) * states);
    const tanhCell = new Float32Array(time * states);
    addRows(gates, biasIh);
    addRows(gates, biasHh);
    multiplyAdd(x, w, gates, [time * batch, this.#input, width]);
    for (let t = 0; t < time; t++) {
      const now = gates.subarray(t * batch * width, (t + 1) * batch * width);
      multiplyAdd(hidden.subarray(t * states, (t + 1) * states), u, now, [batch, h, width]);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < h; j++) {
          const at = b * width + j;
          const before = t * states + b * h + j;
          const next = before + states;
          now[at] = sigmoid(now[at]);
          now[at + h] = sigmoid(now[at + h]);
          now[at + 2 * h] = Math.tanh(now[at + 2 * h]);
          now[at + 3 * h] = sigmoid(now[at + 3 * h]);
          cell[next] = now[at + h] * cell[before] + now[at] * now[at + 2 * h];
          tanhCell[before] = Math.tanh(cell[next]);
          hidden[next] = now[at + 3 * h] * tanhCell[before];
        }
      }
    }
    this.#kept = { x, time, batch, gates, hidden, cell, tanhCell };
    return hidden;
  }

  backward(gradient: Float32Array): readonly Float32Array[] {
    if (this.#kept === null) throw new Error("forward comes first");
    const { x, time, batch, gates, hidden, cell, tanhCell } = this.#kept;
    const h = this.#hidden;
    const [width, states] = [4 * h, batch * h];
    const uTransposed = transposed(this.parameters.u, h, width);
    const dW = new Float32Array(this.#input * width);
    const dU = new Float32Array(h * width);
    const dBias = new Float32Array(width);
    const dCell = new Float32Array(states);
    const dHidden = new Float32Array(states);
    for (let t = time - 1; t >= 0; t--) {
      const now = gates.subarray(t * batch * width, (t + 1) * batch * width);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < h; j++) {
          const at = b * width + j;
          const state = b * h + j;
          const step = t * states + state;
          const [i, f, g, o] = [now[at], now[at + h], now[at + 2 * h], now[at + 3 * h]];
          const dh = gradient[step] + dHidden[state];
          const dc = dCell[state] + dh * o * (1 - tanhCell[step] ** 2);
          now[at] = dc * g * i * (1 - i);
          now[at + h] = dc * cell[step] * f * (1 - f);
          now[at + 2 * h] = dc * i * (1 - g * g);
          now[at + 3 * h] = dh * tanhCell[step] * o * (1 - o);
          dCell[state] = dc * f;
        }
      }
      multiplyTransposedAdd(hidden.subarray(t * states, (t + 1) * states), now, dU, [batch, h, width]);
      dHidden.fill(0);
      multiplyAdd(now, uTransposed, dHidden, [batch, width, h]);
    }
    multiplyTransposedAdd(x, gates, dW, [time * batch, this.#input, width]);
    sumRows(gates, dBias);
    return [dW, dU, dBias, dBias];
  }
}
