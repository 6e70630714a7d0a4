import { GRU, manualSeed, padSequence, tensor } from "unrolled";

manualSeed(0);
const gru = new GRU(1, 2);
const long = tensor([[1], [2], [3], [4]]);
const short = tensor([[1], [2]]);
const x = padSequence([long, short]); // [4, 2, 1], with zeros after the short one
const last = (h: { toArray(): unknown }): string =>
  JSON.stringify(h.toArray(), (_, v) => (typeof v === "number" ? +v.toFixed(3) : v));
console.log("alone:     ", last(gru.forward(short.unsqueeze(1))[1].select(0, 0).select(0, 0)));
console.log("padded:    ", last(gru.forward(x)[1].select(0, 0).select(0, 1)));
console.log(
  "by lengths:",
  last(
    gru
      .forward(x, null, { lengths: [4, 2] })[1]
      .select(0, 0)
      .select(0, 1),
  ),
);
