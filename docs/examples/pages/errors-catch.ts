import { LSTM, ShapeError, UnrolledError, zeros } from "unrolled";

try {
  new LSTM(3, 8).forward(zeros([10, 2, 4]));
} catch (error) {
  if (!UnrolledError.is(error)) throw error; // not raised by the library
  console.log(error.name, error instanceof ShapeError);
  console.log(error.message);
  console.log(`op: ${error.op}; remedy: ${error.remedy}`);
}
