// What the module exports. Every pointer is a byte address, every float a float32; no function allocates.
export { threadLocalBytes, useThreadLocal } from "./local";
export { useBarrier } from "./threads";
export { panelBytes } from "./pack";
export { batchedMatmul, isSmallMatmul, matmul } from "./matmul";
export { absMap, erfMap, expMap, logMap, negMap, reluMap, sigmoidMap, sqrtMap, tanhMap } from "./elementwise";
export { addPairs, divPairs, maximumPairs, minimumPairs, mulPairs, subPairs } from "./pairs";
export { gatherRows, scatterAddRows } from "./indexing";
export { maxColumns, maxRows, sumColumns, sumOf, sumRows } from "./reductions";
export {
  crossEntropyGradientRows, crossEntropyRows, logSoftmaxGradientRows, logSoftmaxRows, softmaxGradientRows, softmaxRows,
} from "./softmax";
export { layerNormGradientRows, layerNormRows, layerNormSums } from "./layer-norm";
export { adamUpdate, sgdUpdate } from "./updates";
export { lstmBackward, lstmForward, lstmInferenceBytes, lstmReserveBytes, lstmScratchBytes } from "./lstm";
export { gruBackward, gruForward, gruInferenceBytes, gruReserveBytes, gruScratchBytes } from "./gru";
export { rnnBackward, rnnForward, rnnInferenceBytes, rnnReserveBytes, rnnScratchBytes } from "./rnn";
