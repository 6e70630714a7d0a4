import { crossEntropy, tensor } from "unrolled";

const logits = tensor([[20, 0, 0]]); // as sure as can be, and right
const target = tensor([0], { dtype: "int32" });
console.log("of logits:", crossEntropy(logits, target).item().toFixed(4));
console.log("of probabilities:", crossEntropy(logits.softmax(-1), target).item().toFixed(4)); // the mistake
