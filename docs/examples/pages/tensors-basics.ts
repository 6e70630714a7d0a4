import { arange, concat, manualSeed, randn, stack, tensor, where, zeros } from "unrolled";

// Creating: shape and dtype are fixed from then on
const a = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
console.log(String(a));
console.log(a.shape, a.rank, a.size, a.dtype);
console.log(String(arange(3)), String(zeros([2], { dtype: "int32" })), String(tensor([1.5, 2], { dtype: "float64" })));
manualSeed(0);
console.log(randn([2, 3]).shape);

// Arithmetic is a new tensor; a plain number takes the tensor's dtype
console.log(String(a.mul(2).add(1)));

// Broadcasting: shapes are aligned at the right, and a size of 1 (or none) is stretched
const row = tensor([10, 20, 30]); // [3]    -> every row
const column = tensor([[100], [200]]); // [2, 1] -> every column
console.log(String(a.add(row).add(column)));

// Reducing
console.log(a.sum().item(), a.mean(0).toArray(), a.max(1, { keepDims: true }).shape);

// Shapes
console.log(a.reshape([3, 2]).shape, a.transpose().shape, a.unsqueeze(0).shape, a.flatten().shape);

// Slicing
console.log(a.select(0, -1).toArray()); // the last row
console.log(a.narrow(1, 0, 2).toArray()); // two columns from column 0
console.log(a.slice(null, [0, 3, 2]).toArray()); // all rows, every other column
console.log(concat([a, a], 0).shape, stack([a, a]).shape);

// Comparing gives bool
console.log(String(where(a.greater(3), a, 0)));

// Products
console.log(a.matmul(a.transpose()).toArray());

// Reading: one number, nested arrays, a typed array
console.log(a.select(0, 0).sum().item(), a.toArray(), await a.data());
