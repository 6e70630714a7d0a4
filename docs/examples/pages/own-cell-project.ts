import { type Cell, manualSeed, randn, scan, zeros } from "unrolled";

manualSeed(0);
const [inputWeight, hiddenWeight] = [randn([3, 5]), randn([5, 5]).mul(0.3)];

// A cell need not be a class, and needs no parameters
const plain: Cell<readonly [ReturnType<typeof zeros>]> = {
  zeroState: (batch, like) => [zeros([batch, 5], { dtype: like.dtype, backend: like.backend })],
  step: (x, [h]) => {
    const next = x.matmul(inputWeight).add(h.matmul(hiddenWeight)).tanh();
    return { output: next, state: [next] };
  },
};

// The same, with the input's product for all time steps at once; `step` gets its rows
const projected: typeof plain = {
  zeroState: plain.zeroState,
  project: (x) => x.matmul(inputWeight), // [time, batch, 3] -> [time, batch, 5]
  step: (row, [h]) => {
    const next = row.add(h.matmul(hiddenWeight)).tanh();
    return { output: next, state: [next] };
  },
};

const x = randn([20, 4, 3]); // [time, batch, features]
const slow = scan(plain, x);
const fast = scan(projected, x);
console.log(slow.output.shape, slow.state[0].shape);
console.log("same numbers:", slow.output.sub(fast.output).abs().max().item() < 1e-6);

// On from where it stopped
const first = scan(plain, x.narrow(0, 0, 12));
const second = scan(plain, x.narrow(0, 12, 8), first.state);
console.log("same end:", second.state[0].sub(slow.state[0]).abs().max().item() < 1e-6);
