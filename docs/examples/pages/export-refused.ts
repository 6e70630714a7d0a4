import { exportOnnx } from "@unrolled/onnx";
import { GraphError, LSTMCell, Module, manualSeed, rand, stack, type Tensor } from "unrolled";

manualSeed(0);
class Loop extends Module {
  cell = new LSTMCell(1, 4);
  override forward(x: Tensor): Tensor {
    let state: [Tensor, Tensor] | undefined;
    const steps: Tensor[] = [];
    for (const step of x.unbind(0)) {
      state = this.cell.forward(step, state);
      steps.push(state[0]);
    }
    return stack(steps);
  }
}
class Noisy extends Module {
  override forward(x: Tensor): Tensor {
    return x.mul(rand([1]));
  }
}
for (const model of [new Loop(), new Noisy()]) {
  try {
    await exportOnnx(model, { inputs: { x: ["time", "batch", 1] } });
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    console.log(error.message.replace(`; ${error.remedy}`, `\n  ${error.remedy}`));
  }
}
const fixed = await exportOnnx(new Loop(), { inputs: { x: [10, "batch", 1] } }); // ten steps, written out
console.log(fixed.length > 0);
