import { LSTM, mseLoss, ones, packPadded, UnrolledError } from "unrolled";

const lstm = new LSTM(3, 8, { batchFirst: true });
const x = ones([2, 5, 3]);
const wrong = [
  () => lstm.forward(x, undefined, { lengths: [5, 6] }),
  () => lstm.forward(x, undefined, { lengths: [5] }),
  () => packPadded(x, [3, 5], { batchFirst: true }),
  () => packPadded(x, [5, 0], { batchFirst: true }),
  () => mseLoss(ones([2, 5, 1]), ones([2, 5, 1]), { mask: ones([2, 5]) }),
];
for (const run of wrong) {
  try {
    run();
    console.log("no error");
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    console.log(`${error.name}: ${error.message}`);
  }
}
