import type { Call, FusedKernel, TypedArray } from "@unrolled/backend";
import { gruSequence } from "../sequence/gru.js";
import { sizesOf } from "../sequence/shared.js";
import type { EngineSource } from "./engine-source.js";
import { type Recurrent, recurrentBackward, recurrentForward } from "./recurrent.js";
import type { Reserve } from "./reserve.js";
import { type FastPasses, fastOrPlain, flagsOf } from "./sequence.js";
import { flagResetAfter } from "./sequence-task.js";

type K = "gruSequence";
type PlainReserve = Parameters<typeof gruSequence.release>[0];

/** Multiply-adds of a forward pass below which copying in and out costs more than the plain kernel. */
const LITTLE_WORK = 1600;
/** What a sigmoid or tanh costs the plain kernel, in multiply-adds. */
const ACTIVATION = 8;

const cell: Recurrent = { op: "gruSequence", kernels: "gru", gates: 3 };

function flags({ attrs }: Call<K>): number {
  return flagsOf(attrs.reverse, false) | (attrs.resetAfter ? flagResetAfter : 0);
}

/** Both passes, whatever the amount of work. */
export const gruPasses: FastPasses<K> = {
  pays(call) {
    const { T, B, I, H } = sizesOf(call.in[0], call.in[1]);
    return T * B * 3 * H * (I + H + ACTIVATION) >= LITTLE_WORK;
  },
  forward: (engine, inputs, call, save) =>
    recurrentForward(engine, cell, inputs, sizesOf(call.in[0], call.in[1]), flags(call), save),
  backward: (cotangents, inputs, reserve, call, wanted) =>
    recurrentBackward(cell, cotangents, inputs, reserve, sizesOf(call.in[0], call.in[1]), flags(call), wanted),
};

/** The GRU in WebAssembly where there is work enough and it is float32; the plain kernel otherwise. */
export function fastGru(source: EngineSource): FusedKernel<K, TypedArray, Reserve | PlainReserve> {
  return fastOrPlain(source, gruPasses, gruSequence);
}
