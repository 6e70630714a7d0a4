import { onnxRuntime } from "@unrolled/backend-onnx";
import { compile, LSTM, manualSeed, mseLoss, ones, SGD, type Tensor, UnrolledError, zeros } from "unrolled";

manualSeed(0);
const model = new LSTM(1, 4);
const optimizer = new SGD(model.parameters(), { lr: 0.1 });
const train = (x: Tensor, y: Tensor): Tensor => optimizer.step(() => mseLoss(model.forward(x)[0], y));
const step = compile(train, { state: [model, optimizer], runner: await onnxRuntime({ threads: 1 }) });

await step.run(ones([5, 2, 1]), zeros([5, 2, 4]));
try {
  model.forward(ones([5, 2, 1])); // the weights are in the program now
} catch (error) {
  if (!UnrolledError.is(error)) throw error;
  console.log(error.message);
}
await step.sync(); // the model has them again, and the step can go on
console.log(model.forward(ones([5, 2, 1]))[0].shape);

const losses = await step.epoch([1, 2, 3].map((n) => [ones([5, n, 1]), zeros([5, n, 4])] as [Tensor, Tensor]));
console.log(losses.shape); // one loss for each batch
optimizer.paramGroups[0].lr = 0.01; // between runs, whatever feeds the step may be changed
await step.run(ones([5, 2, 1]), zeros([5, 2, 4]));
await step.dispose();
