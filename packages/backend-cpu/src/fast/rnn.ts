import type { Call, FusedKernel, TypedArray } from "@unrolled/backend";
import { rnnSequence } from "../sequence/rnn.js";
import { sizesOf } from "../sequence/shared.js";
import type { EngineSource } from "./engine-source.js";
import { type Recurrent, recurrentBackward, recurrentForward } from "./recurrent.js";
import type { Reserve } from "./reserve.js";
import { type FastPasses, fastOrPlain, flagsOf } from "./sequence.js";
import { flagRelu } from "./sequence-task.js";

type K = "rnnSequence";
type PlainReserve = Parameters<typeof rnnSequence.release>[0];

/** Multiply-adds of a forward pass below which copying in and out costs more than the plain kernel. */
const LITTLE_WORK = 1600;
/** What a sigmoid or tanh costs the plain kernel, in multiply-adds. */
const ACTIVATION = 8;

const cell: Recurrent = { op: "rnnSequence", kernels: "rnn", gates: 1 };

function flags({ attrs }: Call<K>): number {
  return flagsOf(attrs.reverse, false) | (attrs.nonlinearity === "relu" ? flagRelu : 0);
}

/** Both passes, whatever the amount of work. */
export const rnnPasses: FastPasses<K> = {
  pays(call) {
    const { T, B, I, H } = sizesOf(call.in[0], call.in[1]);
    return T * B * H * (I + H + ACTIVATION) >= LITTLE_WORK;
  },
  forward: (engine, inputs, call, save) =>
    recurrentForward(engine, cell, inputs, sizesOf(call.in[0], call.in[1]), flags(call), save),
  backward: (cotangents, inputs, reserve, call, wanted) =>
    recurrentBackward(cell, cotangents, inputs, reserve, sizesOf(call.in[0], call.in[1]), flags(call), wanted),
};

/** The Elman RNN in WebAssembly where there is work enough and it is float32; the plain kernel otherwise. */
export function fastRnn(source: EngineSource): FusedKernel<K, TypedArray, Reserve | PlainReserve> {
  return fastOrPlain(source, rnnPasses, rnnSequence);
}
