import { mseLoss, ones, UnrolledError, zeros } from "unrolled";

const [prediction, target] = [zeros([8, 1]), ones([8])];
console.log("by hand:", prediction.sub(target).shape); // each prediction against each target
try {
  mseLoss(prediction, target);
} catch (error) {
  if (error instanceof UnrolledError) console.log("mseLoss:", error.message);
}
