import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";

await tf.setBackend("wasm");
const model = tf.sequential({
  layers: [tf.layers.lstm({ units: 16, inputShape: [3, 1] }), tf.layers.dense({ units: 1 })],
});
model.compile({ optimizer: tf.train.adam(0.05), loss: "meanSquaredError" });

const xs = tf.tensor([1, 2, 3, 4].map((a) => [[a], [a + 1], [a + 2]])); // [4, 3, 1]
const ys = tf.tensor([[4], [5], [6], [7]]);
const { history } = await model.fit(xs, ys, { epochs: 150, verbose: 0 });
const forecast = model.predict(xs) as tf.Tensor;
const [first, last] = [history.loss[0], history.loss.at(-1)].map(Number);
console.log("a tenth of the loss, or less:", last < first / 10, forecast.shape);
tf.dispose([xs, ys, forecast]);
