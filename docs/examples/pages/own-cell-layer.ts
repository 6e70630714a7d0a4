import {
  Adam,
  type CellResult,
  gradCheck,
  init,
  Linear,
  manualSeed,
  mseLoss,
  Parameter,
  Recurrent,
  RecurrentCell,
  randn,
  type Tensor,
  zeros,
} from "unrolled";

// One step: h' = a h + (1 - a) tanh(x W + b), where a = sigmoid(decay) is how much is kept
function leakyStep(x: Tensor, h: Tensor, weight: Tensor, bias: Tensor, decay: Tensor): Tensor {
  const keep = decay.sigmoid(); // [size]
  const candidate = x.matmul(weight).add(bias).tanh(); // [batch, size]
  return h.mul(keep).add(candidate.mul(keep.neg().add(1)));
}

class LeakyCell extends RecurrentCell<readonly [h: Tensor]> {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly decay: Parameter;

  constructor(inputSize: number, size: number) {
    super();
    this.weight = init.xavierUniform_(new Parameter(zeros([inputSize, size])));
    this.bias = new Parameter(zeros([size]));
    this.decay = new Parameter(zeros([size]));
  }

  zeroState(batch: number, like: Tensor): readonly [Tensor] {
    return [zeros([batch, this.bias.shape[0]], { dtype: like.dtype, backend: like.backend })];
  }

  step(x: Tensor, [h]: readonly [Tensor]): CellResult<readonly [Tensor]> {
    const next = leakyStep(x, h, this.weight, this.bias, this.decay);
    return { output: next, state: [next] };
  }
}

manualSeed(0);

// One step of the cell; then a layer of it, with all that an LSTM layer takes
const cell = new LeakyCell(3, 5);
console.log("step ", cell.forward(randn([4, 3])).output.shape);
const layer = new Recurrent(3, 5, (inputSize) => new LeakyCell(inputSize, 5), { numLayers: 2, bidirectional: true });
const [y, [h]] = layer.forward(randn([10, 4, 3]), undefined, { lengths: [10, 7, 10, 2] });
console.log("layer", y.shape, h.shape);
console.log(Object.keys(layer.stateDict()).slice(0, 4).join(" "));

// The gradient of one step, for every input, against central differences
const float64 = (...shape: number[]): Tensor => randn(shape, { dtype: "float64" });
const check = gradCheck(leakyStep, [float64(4, 3), float64(4, 5), float64(3, 5), float64(5), float64(5)]);
console.log("gradient right:", check.ok);

// Training: the mean of 8 inputs. Always guessing 0 would have a loss of 1/8
const memory = new Recurrent(1, 16, (inputSize) => new LeakyCell(inputSize, 16));
const head = new Linear(16, 1);
const optimizer = new Adam([...memory.parameters(), ...head.parameters()], { lr: 0.02 });
for (let i = 0; i <= 400; i++) {
  const loss = optimizer.step(() => {
    const x = randn([8, 32, 1]); // [time, batch, features]
    return mseLoss(head.forward(memory.forward(x)[0].select(0, -1)), x.mean(0));
  });
  if (i % 100 === 0) console.log(`step ${i}: loss ${loss.item().toFixed(4)}`);
}
