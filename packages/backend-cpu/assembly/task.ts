// The operands of a sequence op, as int32 words in memory: sizes, flags and addresses, 0 where a tensor is absent or not wanted.
// src/fast/sequence-task.ts writes them. Tensors are contiguous, in PyTorch's layouts.

// @ts-ignore: decorator
@inline export function word(task: usize, index: i32): i32 { return load<i32>(task + (<usize>index << 2)); }
// @ts-ignore: decorator
@inline export function address(task: usize, index: i32): usize { return <usize>load<u32>(task + (<usize>index << 2)); }

export const TIME: i32 = 0;
export const BATCH: i32 = 1;
export const INPUTS: i32 = 2;
export const HIDDEN: i32 = 3;
export const FLAGS: i32 = 4;
export const X: i32 = 5;
export const H0: i32 = 6;
export const C0: i32 = 7;
export const W_IH: i32 = 8;
export const W_HH: i32 = 9;
export const B_IH: i32 = 10;
export const B_HH: i32 = 11;
export const LENGTHS: i32 = 12;
export const Y: i32 = 13;
export const H_LAST: i32 = 14;
export const C_LAST: i32 = 15;
export const RESERVE: i32 = 16;
export const SCRATCH: i32 = 17;
export const D_Y: i32 = 18;
export const D_H_LAST: i32 = 19;
export const D_C_LAST: i32 = 20;
export const D_X: i32 = 21;
export const D_H0: i32 = 22;
export const D_C0: i32 = 23;
export const D_W_IH: i32 = 24;
export const D_W_HH: i32 = 25;
export const D_B_IH: i32 = 26;
export const D_B_HH: i32 = 27;
/** LSTM: the width of the hidden state, which is HIDDEN unless it is projected, and the projection. */
export const WIDTH: i32 = 28;
export const W_HR: i32 = 29;
export const D_W_HR: i32 = 30;

export const REVERSE: i32 = 1;
/** Keep in the reserve what the backward pass needs. */
export const SAVE: i32 = 2;
/** RNN: relu instead of tanh. */
export const RELU: i32 = 4;
/** GRU: the reset gate multiplies the recurrent product, as in PyTorch. */
export const RESET_AFTER: i32 = 4;
