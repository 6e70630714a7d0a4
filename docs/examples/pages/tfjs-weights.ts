import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { fromKeras, Linear, LSTM, ModuleDict, tensor } from "unrolled";

await tf.setBackend("wasm");
const theirs = tf.sequential({
  layers: [
    tf.layers.lstm({ units: 4, inputShape: [5, 3], recurrentActivation: "sigmoid" }),
    tf.layers.dense({ units: 1 }),
  ],
});

const lstm = new LSTM(3, 4, { batchFirst: true });
const dense = new Linear(4, 1);
const arrays = theirs.getWeights().map((weight) => {
  return { data: weight.dataSync<"float32">(), shape: weight.shape, dtype: "float32" as const };
});
fromKeras(new ModuleDict({ lstm, dense }), arrays); // a list: layers in their order

const x = tf.randomNormal([2, 5, 3], 0, 1, "float32", 0);
const expected = (theirs.predict(x) as tf.Tensor).dataSync();
const [y] = lstm.forward(tensor(x.arraySync() as number[][][]));
const ours = dense.forward(y.select(1, -1)).dataSync();
console.log(ours.every((value, i) => Math.abs(value - expected[i]) < 1e-5));
