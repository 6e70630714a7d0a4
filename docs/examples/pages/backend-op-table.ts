import { type PrimitiveOp, table } from "@unrolled/backend";
import { cpu } from "unrolled";

const primitives = Object.keys(cpu().kernels) as PrimitiveOp[];
console.log(`${primitives.length} primitives, from ${primitives[0]} to ${primitives.at(-1)}`);
console.log(`cumsum: ${table.cumsum.doc}`);

const x = { shape: [4, 3], dtype: "float32" } as const;
const attrs = { axes: [0], keepDims: false };
console.log(table.sum.infer([x], attrs)); // what a kernel gets as call.out
