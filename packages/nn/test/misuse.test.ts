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

it("shows what was given for a number", () => {
  const named = { inFeatures: 2 } as unknown as number;
  expect(() => new Linear(named, 1)).toThrow("Linear: size { inFeatures: 2 }; use positive integers");
  expect(() => new Embedding(2, "3" as unknown as number)).toThrow('Embedding: size "3"; use positive integers');
});

it.each<[string, () => unknown, RegExp]>([
  ["targets of classes", () => crossEntropy(x, numbers), /^crossEntropy: target is \[0, 1\].*int32: tensor\(\[0, 1\]/],
  ["logits", () => crossEntropy(pair, x), /^crossEntropy: input is \[a tensor \[2, 2\].*\[y, state\]: take the first/],
  ["class weights", () => nllLoss(x, x, { weight: numbers }), /^nllLoss: weight is \[0, 1\]/],
  [
    "a layer's pair",
    () => mseLoss(pair, x),
    /^mseLoss: prediction is \[a tensor \[2, 2\].*\[y, state\]: take the first/,
  ],
  ["a target", () => mseLoss(x, nothing), /^mseLoss: target is undefined, not a tensor/],
  ["a mask", () => mseLoss(x, x, { mask: numbers }), /^mseLoss: mask is \[0, 1\]/],
  ["a weight", () => bceWithLogits(x, x, { posWeight: 3 as unknown as Tensor }), /^bceWithLogits: posWeight is 3/],
  ["a variance", () => gaussianNllLoss(x, x, nothing), /^gaussianNllLoss: variance is undefined/],
  ["quantiles' target", () => quantileLoss(x, numbers, [0.1, 0.9]), /^quantileLoss: target is \[0, 1\]/],
  ["Linear's pair", () => new Linear(2, 1).forward(pair), /^Linear: x is \[a tensor \[2, 2\].*take the first/],
  ["Linear's packed", () => new Linear(2, 1).forward(packed), /^Linear: x is \{ padded: a tensor \[2, 2\].*padPacked/],
  ["indices", () => new Embedding(2, 1).forward(numbers), /^Embedding: indices is \[0, 1\].*int32/],
  ["vectors", () => Embedding.fromPretrained(numbers), /^Embedding.fromPretrained: weight is \[0, 1\]/],
  ["LayerNorm's pair", () => new LayerNorm(2).forward(pair), /^LayerNorm: x is \[a tensor \[2, 2\]/],
  ["a parameter", () => new Parameter(numbers), /^Parameter: source is \[0, 1\].*tensor\(/],
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
