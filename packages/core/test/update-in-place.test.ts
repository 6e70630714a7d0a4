import type { Backend, TypedArray } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { applyUpdate, type Tensor, tensor, updateInPlace } from "@unrolled/core";
import { describe, expect, test } from "vitest";

const { updates: _, ...withoutUpdates } = { ...cpu() };
const backends: readonly (readonly [string, Backend<TypedArray>])[] = [
  ["by the backend's kernel", cpu()],
  ["in primitives", withoutUpdates],
];
const attrs = {
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0.1,
  decoupledWeightDecay: false,
  maximize: false,
};

describe.each(backends)("an update in place, %s", (_name, backend) => {
  const of = (...data: number[]): Tensor => tensor(data, { backend });
  const scalar = (value: number): Tensor => tensor(value, { backend });

  test("of Adam gives what applyUpdate returns, in the tensors themselves, and snapshots stay", () => {
    const make = (): [Tensor, Tensor, Tensor, Tensor, Tensor] => [
      of(1, 2, 3),
      of(0.1, -0.2, 0.3),
      of(0, 1, 2),
      of(1, 2, 3),
      of(5, 0, 5),
    ];
    const [p, g, m, v, largest] = make();
    const before = p.detach();
    const version = p.version;
    updateInPlace("adamStep", [p, g, m, v, largest, 0.1, 0.2, 0.3], attrs);
    const expected = applyUpdate("adamStep", [...make(), scalar(0.1), scalar(0.2), scalar(0.3)], attrs);
    expect([p, m, v, largest].map((t) => t.toArray())).toEqual(expected.map((t) => t?.toArray()));
    expect(p.version).toBe(version + 1);
    expect(before.toArray()).toEqual([1, 2, 3]);
    expect(g.toArray()).toEqual(of(0.1, -0.2, 0.3).toArray());
  });

  test("of SGD without momentum changes the parameter alone", () => {
    const [p, g] = [of(1, 2), of(10, 20)];
    updateInPlace("sgdStep", [p, g, null, 0.5, null], {
      momentum: 0,
      nesterov: false,
      weightDecay: 0,
      maximize: false,
    });
    expect(p.toArray()).toEqual([-4, -8]);
    expect(g.toArray()).toEqual([10, 20]);
  });
});
