export { gruSequence } from "./gru.js";
export { lstmSequence } from "./lstm.js";
export { rnnSequence } from "./rnn.js";
