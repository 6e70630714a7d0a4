import type { Call, FusedKernel, In, Out, TypedArray, Wanted } from "@unrolled/backend";
import type { GradientsOf } from "../fused-kernel.js";
import { lstmSequence, lstmSizes } from "../sequence/lstm.js";
import type { Engine } from "../wasm/engine.js";
import type { EngineSource } from "./engine-source.js";
import type { Reserve } from "./reserve.js";
import {
  type FastPasses,
  fastOrPlain,
  flagsOf,
  framed,
  gradientAt,
  placeLengths,
  placeTask,
  roomFor,
  withReserve,
} from "./sequence.js";

type K = "lstmSequence";
type PlainReserve = Parameters<typeof lstmSequence.release>[0];

/** Multiply-adds of a forward pass below which copying in and out costs more than the plain kernel. */
const LITTLE_WORK = 1024;

function pays(call: Call<K>): boolean {
  const { T, B, I, H, width } = lstmSizes(call);
  return width > 0 && T * B * 4 * H * (I + width) >= LITTLE_WORK;
}

function forward(
  engine: Engine,
  inputs: In<K, TypedArray>,
  call: Call<K>,
  save: boolean,
): { out: Out<K, TypedArray>; reserve?: Reserve } {
  if (!save) return { out: run(engine, inputs, call, 0) };
  const { T, B, I, H, width } = lstmSizes(call);
  const bytes = engine.exports.lstmReserveBytes(T, B, I, H, width, Number(Boolean(inputs[8])));
  return withReserve(engine, bytes, (at) => run(engine, inputs, call, at));
}

function run(engine: Engine, inputs: In<K, TypedArray>, call: Call<K>, reserve: number): Out<K, TypedArray> {
  const [x, h0, c0, wIh, wHh, bIh, bHh, lengths, wHr] = inputs;
  const sizes = lstmSizes(call);
  const { T, B, I, H, width } = sizes;
  const scratchBytes = reserve ? engine.exports.lstmScratchBytes : engine.exports.lstmInferenceBytes;
  return framed(engine, (frame) => {
    const y = frame.room(T * B * width * 4);
    const hLast = frame.room(B * width * 4);
    const cLast = frame.room(B * H * 4);
    const task = placeTask(engine, frame, {
      ...{ T, B, I, H, P: width, flags: flagsOf(call.attrs.reverse, reserve !== 0) },
      ...{ x: frame.place(x), h0: frame.place(h0), c0: frame.place(c0) },
      ...{ wIh: frame.place(wIh), wHh: frame.place(wHh), bIh: frame.place(bIh), bHh: frame.place(bHh) },
      wHr: frame.place(wHr ?? null),
      ...{ lengths: placeLengths(frame, "lstmSequence", lengths, sizes), y, hLast, cLast, reserve },
      scratch: frame.room(scratchBytes(T, B, I, H, width, Number(Boolean(wHr)))),
    });
    engine.run("lstmForward", task);
    return [frame.result(y, T * B * width), frame.result(hLast, B * width), frame.result(cLast, B * H)];
  });
}

function backward(
  cotangents: readonly [y: TypedArray | null, h: TypedArray | null, c: TypedArray | null],
  inputs: In<K, TypedArray>,
  reserve: Reserve,
  call: Call<K>,
  wanted: Wanted<K>,
): GradientsOf<K> {
  const [, h0, , wIh, wHh, bIh, bHh, lengths, wHr] = inputs;
  const [dyIn, dhLastIn, dcLastIn] = cotangents;
  const { engine } = reserve;
  const sizes = lstmSizes(call);
  const { T, B, I, H, width } = sizes;
  const projection = wanted[8] && Boolean(wHr);
  const biasIh = wanted[5] && bIh !== null;
  const biasHh = wanted[6] && bHh !== null;
  return framed(engine, (frame) =>
    reserve.use((kept) => {
      const dx = roomFor(frame, wanted[0], T * B * I);
      const dh0 = roomFor(frame, wanted[1], B * width);
      const dc0 = roomFor(frame, wanted[2], B * H);
      const dwIh = roomFor(frame, wanted[3], 4 * H * I);
      const dwHh = roomFor(frame, wanted[4], 4 * H * width);
      const dbIh = roomFor(frame, biasIh, 4 * H);
      const dbHh = roomFor(frame, biasHh, 4 * H);
      const dwHr = roomFor(frame, projection, width * H);
      const task = placeTask(engine, frame, {
        ...{ T, B, I, H, P: width, flags: flagsOf(call.attrs.reverse, true), reserve: kept },
        ...{
          h0: frame.place(h0),
          wIh: dx ? frame.place(wIh) : 0,
          wHh: frame.place(wHh),
          wHr: frame.place(wHr ?? null),
        },
        lengths: placeLengths(frame, "lstmSequence", lengths, sizes),
        ...{ dy: frame.place(dyIn), dhLast: frame.place(dhLastIn), dcLast: frame.place(dcLastIn) },
        ...{ dx, dh0, dc0, dwIh, dwHh, dbIh, dbHh, dwHr },
        scratch: frame.room(engine.exports.lstmScratchBytes(T, B, I, H, width, Number(Boolean(wHr)))),
      });
      engine.run("lstmBackward", task);
      return [
        gradientAt(frame, dx, wanted[0], T * B * I),
        gradientAt(frame, dh0, wanted[1], B * width),
        gradientAt(frame, dc0, wanted[2], B * H),
        gradientAt(frame, dwIh, wanted[3], 4 * H * I),
        gradientAt(frame, dwHh, wanted[4], 4 * H * width),
        gradientAt(frame, dbIh, biasIh, 4 * H),
        gradientAt(frame, dbHh, biasHh, 4 * H),
        null,
        gradientAt(frame, dwHr, projection, width * H),
      ];
    }),
  );
}

/** Both passes, whatever the amount of work. */
export const lstmPasses: FastPasses<K> = { pays, forward, backward };

/** The LSTM in WebAssembly where there is work enough and it is float32; the plain kernel otherwise. */
export function fastLstm(source: EngineSource): FusedKernel<K, TypedArray, Reserve | PlainReserve> {
  return fastOrPlain(source, lstmPasses, lstmSequence);
}
