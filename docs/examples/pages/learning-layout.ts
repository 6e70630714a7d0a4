import { LSTM, ones } from "unrolled";

const x = ones([32, 10, 1]); // 32 sequences of 10 steps
console.log(new LSTM(1, 4).forward(x)[1][0].shape); // read as 10 sequences of 32 steps
console.log(new LSTM(1, 4, { batchFirst: true }).forward(x)[1][0].shape);
