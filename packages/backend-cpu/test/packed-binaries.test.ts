import { expect, test } from "vitest";
import { letterCode } from "../scripts/write-letters.mjs";
import { patchBetween } from "../scripts/write-patch.mjs";
import { bytesOfLetters } from "../src/wasm/letters.js";
import { patched } from "../src/wasm/patch.js";

const bytes = (length: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 255));

const base = bytes(3000, 0);
const cases: readonly (readonly [what: string, to: Buffer])[] = [
  ["the same", base],
  ["nothing", Buffer.alloc(0)],
  [
    "bytes put in, taken out and changed",
    Buffer.concat([base.subarray(0, 900), bytes(300, 7777), base.subarray(1000)]),
  ],
  ["parts in another order", Buffer.concat([base.subarray(2000), base.subarray(0, 1500), bytes(1, 5)])],
  ["nothing in common", bytes(500, 123456)],
];

test.each(cases)("a patch leads to its goal: %s", (_, to) => {
  const patch = patchBetween(base, to);
  expect(Buffer.from(patched(base, patch, to.length)).equals(to)).toBe(true);
});

test("what is nearly the same takes a small patch", () => {
  const to = Buffer.from(base);
  for (const at of [100, 1000, 2900]) to[at] ^= 1;
  expect(patchBetween(base, to).length).toBeLessThan(30);
});

test("bytes come back from their letters", () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const sample = Buffer.concat([all, Buffer.alloc(500, 7), bytes(800, 3)]);
  const { order, encode } = letterCode(sample);
  for (const data of [sample, all, Buffer.alloc(0), bytes(100, 99)])
    expect(Buffer.from(bytesOfLetters(encode(data), order)).equals(data)).toBe(true);
  expect(encode(sample)).not.toMatch(/["'`\\$]/);
});
