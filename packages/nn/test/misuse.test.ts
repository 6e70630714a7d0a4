import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import {
  bceWithLogits,
  crossEntropy,
  Embedding,
  gaussianNllLoss,
  LayerNorm,
  Linear,
  mseLoss,
  nllLoss,
  Parameter,
  quantileLoss,
} from "@unrolled/nn";
import { expect, it } from "vitest";

setDefaultBackend(cpu());

const x = tensor([
  [1, 2],
  [3, 4],
]);
const pair = [x, [x]] as unknown as Tensor;
const numbers = [0, 1] as unknown as Tensor;
const packed = { padded: x, lengths: [2, 2] } as unknown as Tensor;
const nothing = undefined as unknown as Tensor;

it.each<[string, () => unknown, RegExp]>([
  ["targets of classes", () => crossEntropy(x, numbers), /^crossEntropy: target is an array.*int32: tensor\(\[0, 1\]/],
  ["logits", () => crossEntropy(pair, x), /^crossEntropy: input is an array.*\[y, state\]: take the first/],
  ["class weights", () => nllLoss(x, x, { weight: numbers }), /^nllLoss: weight is an array/],
  ["a layer's pair", () => mseLoss(pair, x), /^mseLoss: prediction is an array.*\[y, state\]: take the first/],
  ["a target", () => mseLoss(x, nothing), /^mseLoss: target is undefined, not a tensor/],
  ["a mask", () => mseLoss(x, x, { mask: numbers }), /^mseLoss: mask is an array/],
  [
    "a weight",
    () => bceWithLogits(x, x, { posWeight: 3 as unknown as Tensor }),
    /^bceWithLogits: posWeight is a number/,
  ],
  ["a variance", () => gaussianNllLoss(x, x, nothing), /^gaussianNllLoss: variance is undefined/],
  ["quantiles' target", () => quantileLoss(x, numbers, [0.1, 0.9]), /^quantileLoss: target is an array/],
  ["Linear's pair", () => new Linear(2, 1).forward(pair), /^Linear: x is an array.*take the first/],
  ["Linear's packed", () => new Linear(2, 1).forward(packed), /^Linear: x is an object.*padPacked/],
  ["indices", () => new Embedding(2, 1).forward(numbers), /^Embedding: indices is an array.*int32/],
  ["vectors", () => Embedding.fromPretrained(numbers), /^Embedding.fromPretrained: weight is an array/],
  ["LayerNorm's pair", () => new LayerNorm(2).forward(pair), /^LayerNorm: x is an array/],
  ["a parameter", () => new Parameter(numbers), /^Parameter: source is an array.*tensor\(/],
])("%s that is no tensor is named", (_, run, message) => {
  expect(run).toThrow(ArgumentError);
  expect(run).toThrow(message);
});

it("a model moves to a backend, not to the promise or the maker of one", async () => {
  const model = new Linear(2, 1);
  const promise = Promise.resolve(cpu()) as unknown as ReturnType<typeof cpu>;
  await expect(model.to(promise)).rejects.toThrow("to: got a promise where a backend goes; await it");
  await expect(model.to(cpu as unknown as ReturnType<typeof cpu>)).rejects.toThrow("call it: cpu()");
});
