import { Linear, LSTM, mseLoss, ones, UnrolledError } from "unrolled";

function refused(attempt: () => unknown): void {
  try {
    attempt();
    console.log("accepted");
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    console.log(`${error.name}: ${error.message.replace(`; ${error.remedy}`, `\n  ${error.remedy}`)}`);
  }
}

refused(() => ones([2, 3]).add(ones([2])));
refused(() => ones([2, 3]).matmul(ones([2, 3])));
refused(() => ones([2, 3]).reshape([4, 2]));
refused(() => ones([2, 3]).sum(2));
refused(() => new LSTM(3, 8).forward(ones([10, 2, 4])));
refused(() => mseLoss(ones([4, 1]), ones([4])));
refused(() => new Linear(2, 2).forward(ones([2])).backward());
