import brain from "brain.js";

const net = new brain.recurrent.LSTM({ hiddenLayers: [20] });
net.train(["the cat sat on the mat", "a dog lay by the door"], { iterations: 500 });
console.log(net.run("the cat"));
console.log(net.run("a dog"));
