import type { Module } from "@unrolled/nn";

/** Calls a synchronous function with every module in evaluation mode, and puts each back into its own. */
export function evaluating<R>(model: Module, fn: () => R): R {
  const before = model.modules().map((module) => ({ module, training: module.training }));
  for (const { module } of before) module.training = false;
  try {
    return fn();
  } finally {
    for (const { module, training } of before) module.training = training;
  }
}
