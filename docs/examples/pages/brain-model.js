import brain from "brain.js";

const net = new brain.recurrent.LSTMTimeStep({ inputSize: 1, hiddenLayers: [10], outputSize: 1 });

const up = [0.1, 0.2, 0.3, 0.4, 0.5];
const down = [0.5, 0.4, 0.3, 0.2, 0.1];
net.train([up, down], { iterations: 2000, learningRate: 0.02 });

console.log(net.run([0.1, 0.2, 0.3]).toFixed(2)); // the value after 0.3
console.log(Array.from(net.forecast([0.5, 0.4], 3), (value) => value.toFixed(2))); // the next three
