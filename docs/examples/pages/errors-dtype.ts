import { crossEntropy, ones, tensor, UnrolledError } from "unrolled";

function refused(attempt: () => unknown): void {
  try {
    attempt();
    console.log("accepted");
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    console.log(`${error.name}: ${error.message.replace(`; ${error.remedy}`, `\n  ${error.remedy}`)}`);
  }
}

refused(() => ones([2], { dtype: "int32" }).add(ones([2])));
refused(() => crossEntropy(ones([2, 3]), tensor([0, 1])));
refused(() => ones([2], { dtype: "int32" }).exp());
refused(() => tensor([1, 2], JSON.parse('{ "dtype": "int64" }'))); // as JavaScript lets it pass
