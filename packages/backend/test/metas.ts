import type { Meta, Shape } from "@unrolled/backend";

/** Shorthand for tensors known by shape and dtype alone. */
export const f32 = (...shape: Shape): Meta => ({ shape, dtype: "float32" });
export const f64 = (...shape: Shape): Meta => ({ shape, dtype: "float64" });
export const i32 = (...shape: Shape): Meta => ({ shape, dtype: "int32" });
export const bool = (...shape: Shape): Meta => ({ shape, dtype: "bool" });
