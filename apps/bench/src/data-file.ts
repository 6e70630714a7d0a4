import { writeFileSync } from "node:fs";
import { type Tensor, writeSafetensors } from "unrolled";
import { Net } from "./net.js";
import type { Work } from "./works.js";

/** Weights and batches of a work as a safetensors file, for peers in other languages. */
export function writeData(work: Work, file: string): void {
  const net = new Net(work);
  const tensors: Record<string, Tensor> = Object.fromEntries(net.namedParameters());
  work.batches().forEach(([x, y], i) => {
    tensors[`x.${i}`] = x;
    tensors[`y.${i}`] = y;
  });
  writeFileSync(file, writeSafetensors(tensors));
}
