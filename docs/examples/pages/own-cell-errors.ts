import { Recurrent, RecurrentCell, randn, type Tensor, UnrolledError, zeros } from "unrolled";

class Forgotten extends RecurrentCell<readonly [Tensor]> {
  zeroState(): readonly [Tensor] {
    return [zeros([1, 5])]; // not [batch, 5]
  }
  step(x: Tensor, [h]: readonly [Tensor]): { output: Tensor; state: readonly [Tensor] } {
    const next = x.add(h).tanh();
    return { output: next, state: [next] };
  }
}
class Misshapen extends RecurrentCell<readonly [Tensor]> {
  zeroState(batch: number): readonly [Tensor] {
    return [zeros([batch, 5])];
  }
  step(x: Tensor, [h]: readonly [Tensor]): { output: Tensor; state: readonly [Tensor] } {
    return { output: h, state: [x] }; // x is [batch, 3], the state [batch, 5]
  }
}

for (const make of [() => new Forgotten(), () => new Misshapen()]) {
  try {
    new Recurrent(5, 5, make).forward(randn([10, 4, 5]));
    new Recurrent(3, 5, make).forward(randn([10, 4, 3]));
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    console.log(`${error.name}: ${error.message}`);
  }
}
