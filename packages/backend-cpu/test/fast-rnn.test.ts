import { fastRnn, rnnPasses } from "../src/fast/rnn.js";
import { rnnSequence } from "../src/sequence/rnn.js";
import { testRecurrent } from "./recurrent-suite.js";

const op = "rnnSequence";
testRecurrent({
  name: "Elman RNN",
  forms: [
    { op, attrs: { nonlinearity: "tanh", reverse: false } },
    { op, attrs: { nonlinearity: "relu", reverse: false } },
    { op, attrs: { nonlinearity: "tanh", reverse: true } },
    { op, attrs: { nonlinearity: "relu", reverse: true } },
  ],
  fast: fastRnn,
  passes: rnnPasses,
  plainKernel: rnnSequence,
});
