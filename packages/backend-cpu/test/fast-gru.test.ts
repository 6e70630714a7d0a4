import { fastGru, gruPasses } from "../src/fast/gru.js";
import { gruSequence } from "../src/sequence/gru.js";
import { testRecurrent } from "./recurrent-suite.js";

const op = "gruSequence";
testRecurrent({
  name: "GRU",
  forms: [
    { op, attrs: { resetAfter: true, reverse: false } },
    { op, attrs: { resetAfter: false, reverse: false } },
    { op, attrs: { resetAfter: true, reverse: true } },
    { op, attrs: { resetAfter: false, reverse: true } },
  ],
  fast: fastGru,
  passes: gruPasses,
  plainKernel: gruSequence,
});
