import { Dropout, Generator, GRU, manualSeed, ones, randn } from "unrolled";

function run(seed: number): Float32Array {
  manualSeed(seed); // weights, dropout masks, shuffles
  const gru = new GRU(2, 4);
  const [y] = gru.forward(randn([6, 3, 2]));
  return new Dropout(0.5).forward(y).dataSync() as Float32Array;
}
const same = (a: Float32Array, b: Float32Array): boolean => a.every((value, i) => Object.is(value, b[i]));
console.log("same seed, same bits:", same(run(1), run(1)));
console.log("another seed:", same(run(1), run(2)));

const own = new Generator(7); // a stream of its own, which nothing else draws from
const before = new Dropout(0.5, { generator: own }).forward(ones([8])).toArray();
randn([1000]); // draws from the default stream
own.manualSeed(7);
console.log(
  "own stream:",
  String(before) === String(new Dropout(0.5, { generator: own }).forward(ones([8])).toArray()),
);
