import { noGrad, tensor, UnrolledError } from "unrolled";

const a = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const leaf = tensor([1, 2], { requiresGrad: true });
const wrong: Record<string, () => unknown> = {
  "shapes do not broadcast": () => a.add(tensor([1, 2])),
  "two dtypes": () => a.add(tensor([1, 2, 3], { dtype: "int32" })),
  "more than one element": () => a.item(),
  "backward of a matrix": () => leaf.mul(2).backward(),
  "backward without a leaf": () => a.sum().backward(),
  "backward under noGrad": () => noGrad(() => leaf.sum()).backward(),
  "a leaf changed in place": () => leaf.add_(1),
  "used after dispose": () => {
    const gone = tensor([1]);
    gone.dispose();
    return gone.add(1);
  },
};
for (const [name, run] of Object.entries(wrong)) {
  try {
    run();
    console.log(`${name}: no error`);
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    console.log(`${name}: ${error.name}\n  ${error.message}`);
  }
}
