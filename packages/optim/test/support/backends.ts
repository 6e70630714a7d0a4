import type { Backend } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";

const { fused: _fused, updates: _updates, ...primitives } = cpu();

/** The CPU backend without fused kernels and updates: core composes those from primitives. */
export const decomposed: Backend = { ...primitives, name: "cpu-decomposed" } as Backend;
