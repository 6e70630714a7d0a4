import { ArgumentError, type Backend, DTypeError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type Lengths, LSTM, lengthsMask, padSequence } from "@unrolled/cells";
import {
  compile,
  Generator,
  interpreter,
  ones,
  randn,
  setDefaultBackend,
  sum,
  type Tensor,
  tensor,
  zeros,
} from "@unrolled/core";
import { Linear, mseLoss } from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";

setDefaultBackend(cpu());

const int = (values: readonly number[], backend: Backend = cpu()): Tensor =>
  tensor(Int32Array.from(values), { backend });

describe("lengthsMask", () => {
  const rows = [
    [1, 1, 1, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 0],
    [1, 1, 1, 1],
  ];

  test.each<[string, Lengths]>([
    ["a list", [3, 1, 0, 4]],
    ["an Int32Array", Int32Array.of(3, 1, 0, 4)],
    ["a tensor", int([3, 1, 0, 4])],
  ])("of %s is 1 before each end and 0 from there on", (_name, lengths) => {
    const mask = lengthsMask(lengths, 4);
    expect(mask.toArray()).toEqual(rows);
    expect([mask.dtype, mask.shape]).toEqual(["float32", [4, 4]]);
  });

  test("has a row for each sequence, and as many steps as asked for", () => {
    expect(lengthsMask([2, 2], 2).toArray()).toEqual(ones([2, 2]).toArray());
    expect(lengthsMask([0], 0).shape).toEqual([1, 0]);
    expect(lengthsMask([], 3).shape).toEqual([0, 3]);
  });

  test("is where a tensor of lengths is", () => {
    const mask = lengthsMask(int([2, 0], decomposed), 3);
    expect(mask.backend).toBe(decomposed);
    expect(mask.toArray()).toEqual([
      [1, 1, 0],
      [0, 0, 0],
    ]);
  });

  test("the masked loss of a padded batch is that of its steps alone", () => {
    const generator = new Generator(0);
    const sequences = [2, 5, 4].map((length) => randn([length, 3], { generator }));
    const [lstm, head] = [new LSTM(3, 4, { batchFirst: true, generator }), new Linear(4, 1, { generator })];
    const lengths = [2, 5, 4];
    const padded = padSequence(sequences, { batchFirst: true });
    const y = head.forward(lstm.forward(padded, undefined, { lengths })[0]);
    const mask = lengthsMask(lengths, 5).unsqueeze(-1);
    const alone = sequences.map((x) => head.forward(lstm.forward(x.unsqueeze(0))[0]));
    const squares = alone.reduce((total, each) => total + sum(each.mul(each)).item(), 0);
    expect(mseLoss(y, zeros(y.shape), { mask }).item()).toBeCloseTo(squares / 11, 6);
  });

  test.each<[string, object]>([
    ["traced anew for each shape", {}],
    ["of named sizes", { inputs: { x: ["batch", "time"], lengths: { shape: ["batch"], dtype: "int32" } } }],
  ])("in a compiled step %s it follows the lengths that are fed", async (_name, options) => {
    const total = (x: Tensor, lengths: Tensor): Tensor => x.mul(lengthsMask(lengths, x.shape[1])).sum();
    const step = compile(total, { state: [], runner: interpreter(cpu()), ...options });
    const run = async (shape: number[], lengths: number[]): Promise<number> =>
      (await step.run(ones(shape), int(lengths))).item();
    expect(await run([2, 4], [3, 1])).toBe(4);
    expect(await run([2, 4], [4, 2])).toBe(6);
    expect(await run([3, 2], [1, 1, 0])).toBe(2);
    await step.dispose();
  });

  test("refuses what is no length of a sequence", () => {
    const untyped = (value: unknown): never => value as never;
    expect(() => lengthsMask([5, 2], 4)).toThrow(ArgumentError);
    expect(() => lengthsMask([5, 2], 4)).toThrow(
      "lengthsMask: lengths [5, 2] for 2 sequences of 4 steps; give 2 integers from 0 to 4",
    );
    expect(() => lengthsMask(int([5, 2]), 4)).toThrow("lengths [5, 2] for 2 sequences of 4 steps");
    expect(() => lengthsMask([-1], 4)).toThrow(ArgumentError);
    expect(() => lengthsMask([1.5], 4)).toThrow(ArgumentError);
    expect(() => lengthsMask(untyped(3), 4)).toThrow("lengthsMask: lengths are neither a list nor a tensor");
    expect(() => lengthsMask(tensor([1, 2]), 4)).toThrow(DTypeError);
    expect(() => lengthsMask(int([1, 2]).unsqueeze(1), 4)).toThrow(ShapeError);
    expect(() => lengthsMask(int([1, 2]).unsqueeze(1), 4)).toThrow(
      "lengths are [2, 1]; give one for each sequence: [batch]",
    );
    for (const steps of [untyped(undefined), -1, 2.5, untyped([4])])
      expect(() => lengthsMask([1], steps)).toThrow("; give the padded batch's, such as x.shape[1]");
  });
});
