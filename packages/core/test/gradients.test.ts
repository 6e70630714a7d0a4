import { type PrimitiveKernels, type PrimitiveOp, type TypedArray, table } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import * as core from "@unrolled/core";
import { gradCheck, setDefaultBackend, tensor } from "@unrolled/core";
import { afterAll, describe, expect, test } from "vitest";

const called = new Set<string>();
const watched = { ...cpu(), kernels: watch(cpu().kernels) };
setDefaultBackend(watched);
const { gradientCases, notOps, withoutGradient } = await import("./support/gradient-cases.js");

type AnyKernel = (...args: readonly unknown[]) => unknown;

function watch(kernels: PrimitiveKernels<TypedArray>): PrimitiveKernels<TypedArray> {
  const wrap = ([op, kernel]: readonly [string, AnyKernel]): readonly [string, AnyKernel] => [
    op,
    (...args) => {
      called.add(op);
      return kernel(...args);
    },
  ];
  return Object.fromEntries(
    Object.entries(kernels as unknown as Record<string, AnyKernel>).map(wrap),
  ) as unknown as PrimitiveKernels<TypedArray>;
}

test("every exported function has a gradient case, or a reason to have none", () => {
  const functions = Object.entries(core).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  const unlisted = functions.filter(
    (name) => !(name in gradientCases) && !(name in withoutGradient) && !notOps.has(name),
  );
  expect(unlisted).toEqual([]);
  const gone = [...Object.keys(gradientCases), ...Object.keys(withoutGradient), ...notOps].filter(
    (name) => !(name in core),
  );
  expect(gone).toEqual([]);
});

describe.each(Object.entries(gradientCases))("%s", (_name, cases) => {
  test.each(cases.map((c) => [c.note, c] as const))("%s", (_note, { fn, inputs }) => {
    const result = gradCheck(fn, inputs, { secondOrder: true, tolerance: 1e-7 });
    expect(result).toMatchObject({ ok: true });
    expect(result.maxError).toBeLessThanOrEqual(1e-7);
  });
});

test.each(Object.entries(withoutGradient))("%s gives a tensor without gradient", (_name, fn) => {
  const x = tensor(
    [
      [0.5, -1],
      [2, 3],
    ],
    { requiresGrad: true },
  );
  const y = fn(x);
  expect(y.requiresGrad).toBe(false);
  expect(y.isLeaf).toBe(true);
});

afterAll(() => {
  const untouched = (Object.keys(watched.kernels) as PrimitiveOp[]).filter((op) => !called.has(op));
  expect(untouched).toEqual([]);
  expect(Object.keys(table)).toEqual(expect.arrayContaining([...called]));
});
