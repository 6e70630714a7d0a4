import type { In, Out, TypedArray, Wanted } from "@unrolled/backend";
import type { GradientsOf } from "../fused-kernel.js";
import type { Sizes } from "../sequence/shared.js";
import type { Engine } from "../wasm/engine.js";
import type { Reserve } from "./reserve.js";
import { framed, gradientAt, placeLengths, placeTask, roomFor, withReserve } from "./sequence.js";
import { flagSave } from "./sequence-task.js";

/** A sequence op whose state is h alone; the GRU and the Elman RNN take the same inputs. */
export interface Recurrent {
  readonly op: "gruSequence" | "rnnSequence";
  readonly kernels: "gru" | "rnn";
  readonly gates: number;
}

type Like = "gruSequence";
type Outputs = Out<Like, TypedArray>;

/** The forward pass in WebAssembly. `flags`: those of assembly/task.ts, but for the one that asks for a reserve. */
export function recurrentForward(
  engine: Engine,
  cell: Recurrent,
  inputs: In<Like, TypedArray>,
  sizes: Sizes,
  flags: number,
  save: boolean,
): { out: Outputs; reserve?: Reserve } {
  if (!save) return { out: run(engine, cell, inputs, sizes, flags, 0) };
  const { T, B, I, H } = sizes;
  return withReserve(engine, engine.exports[`${cell.kernels}ReserveBytes`](T, B, I, H), (at) =>
    run(engine, cell, inputs, sizes, flags | flagSave, at),
  );
}

function run(
  engine: Engine,
  { op, kernels }: Recurrent,
  inputs: In<Like, TypedArray>,
  sizes: Sizes,
  flags: number,
  reserve: number,
): Outputs {
  const [x, h0, wIh, wHh, bIh, bHh, lengths] = inputs;
  const { T, B, I, H } = sizes;
  return framed(engine, (frame) => {
    const y = frame.room(T * B * H * 4);
    const hLast = frame.room(B * H * 4);
    const task = placeTask(engine, frame, {
      T,
      B,
      I,
      H,
      flags,
      x: frame.place(x),
      h0: frame.place(h0),
      wIh: frame.place(wIh),
      wHh: frame.place(wHh),
      bIh: frame.place(bIh),
      bHh: frame.place(bHh),
      lengths: placeLengths(frame, op, lengths, sizes),
      y,
      hLast,
      reserve,
      scratch: frame.room(engine.exports[`${kernels}${reserve ? "Scratch" : "Inference"}Bytes`](T, B, I, H)),
    });
    engine.run(`${kernels}Forward`, task);
    return [frame.result(y, T * B * H), frame.result(hLast, B * H)];
  });
}

/** The backward pass, on the engine that made the reserve. `flags` as for the forward pass. */
export function recurrentBackward(
  { op, kernels, gates }: Recurrent,
  [dy, dhLast]: readonly [y: TypedArray | null, h: TypedArray | null],
  inputs: In<Like, TypedArray>,
  reserve: Reserve,
  sizes: Sizes,
  flags: number,
  wanted: Wanted<Like>,
): GradientsOf<Like> {
  const [x, , wIh, wHh, bIh, bHh, lengths] = inputs;
  const { engine } = reserve;
  const { T, B, I, H } = sizes;
  const biasIh = wanted[4] && bIh !== null;
  const biasHh = wanted[5] && bHh !== null;
  return framed(engine, (frame) =>
    reserve.use((kept) => {
      const dx = roomFor(frame, wanted[0], T * B * I);
      const dh0 = roomFor(frame, wanted[1], B * H);
      const dwIh = roomFor(frame, wanted[2], gates * H * I);
      const dwHh = roomFor(frame, wanted[3], gates * H * H);
      const dbIh = roomFor(frame, biasIh, gates * H);
      const dbHh = roomFor(frame, biasHh, gates * H);
      const task = placeTask(engine, frame, {
        T,
        B,
        I,
        H,
        flags: flags | flagSave,
        x: dwIh ? frame.place(x) : 0,
        wIh: dx ? frame.place(wIh) : 0,
        wHh: frame.place(wHh),
        lengths: placeLengths(frame, op, lengths, sizes),
        reserve: kept,
        dy: frame.place(dy),
        dhLast: frame.place(dhLast),
        dx,
        dh0,
        dwIh,
        dwHh,
        dbIh,
        dbHh,
        scratch: frame.room(engine.exports[`${kernels}ScratchBytes`](T, B, I, H)),
      });
      engine.run(`${kernels}Backward`, task);
      return [
        gradientAt(frame, dx, wanted[0], T * B * I),
        gradientAt(frame, dh0, wanted[1], B * H),
        gradientAt(frame, dwIh, wanted[2], gates * H * I),
        gradientAt(frame, dwHh, wanted[3], gates * H * H),
        gradientAt(frame, dbIh, biasIh, gates * H),
        gradientAt(frame, dbHh, biasHh, gates * H),
        null,
      ];
    }),
  );
}
