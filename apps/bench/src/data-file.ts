import { writeFileSync } from "node:fs";
import { type HostTensor, type Tensor, writeSafetensors } from "unrolled";
import { Net } from "./net.js";
import type { Work } from "./works.js";

/** Weights and batches of a work as a safetensors file, for peers in other languages. */
export function writeData(work: Work, file: string): void {
  const net = new Net(work);
  const tensors: Record<string, HostTensor> = {};
  const add = (name: string, tensor: Tensor): void => {
    tensors[name] = { data: tensor.dataSync(), shape: tensor.shape, dtype: tensor.dtype };
  };
  for (const [name, parameter] of net.namedParameters()) add(name, parameter);
  work.batches().forEach(([x, y], i) => {
    add(`x.${i}`, x);
    add(`y.${i}`, y);
  });
  writeFileSync(file, writeSafetensors(tensors));
}
