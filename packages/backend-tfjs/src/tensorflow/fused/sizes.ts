import type { Meta } from "@unrolled/backend";

/** Whether neither the batch, the input nor the state is empty; TensorFlow's block ops and products take no empty ones. */
export function hasElements({ in: [x, state] }: { readonly in: readonly (Meta | null)[] }): boolean {
  const sizes = [...(x?.shape ?? []), ...(state?.shape ?? [])];
  return sizes.every((size) => size > 0);
}
