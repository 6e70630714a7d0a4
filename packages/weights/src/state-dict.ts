import type { HostTensor } from "@unrolled/backend";
import { scope, type Tensor, tensor } from "@unrolled/core";
import type { LoadOptions, LoadResult, Module } from "@unrolled/nn";
import { readSafetensors } from "./safetensors/read.js";
import { writeSafetensors } from "./safetensors/write.js";

/**
 * A module's parameters and buffers as a safetensors file, under their state-dict names. Training that goes on meanwhile does
 * not change it.
 *
 * @example
 * await writeFile("model.safetensors", await saveStateDict(model));
 */
export async function saveStateDict(
  module: Module,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const snapshot = Object.entries(module.stateDict());
  try {
    const tensors = await Promise.all(
      snapshot.map(async ([name, value]): Promise<[string, HostTensor]> => {
        return [name, { data: await value.data(), shape: value.shape, dtype: value.dtype }];
      }),
    );
    return writeSafetensors(Object.fromEntries(tensors), metadata);
  } finally {
    for (const [, value] of snapshot) value.dispose();
  }
}

/**
 * Loads a safetensors file into a module by state-dict name, all or nothing. Values are cast to the module's dtypes.
 *
 * @throws FormatError if the file is malformed
 * @throws ArgumentError that lists every missing, unexpected and mis-shaped key
 * @example
 * loadStateDict(model, await readFile("model.safetensors"));
 */
export function loadStateDict(module: Module, bytes: Uint8Array, options?: LoadOptions): LoadResult {
  const { tensors } = readSafetensors(bytes);
  const targets = new Map<string, Tensor>(module.namedTensors());
  const [anyTarget] = targets.values();
  return scope((): LoadResult => {
    const state = Object.entries(tensors).map(([name, { data, shape }]): [string, Tensor] => {
      const target = targets.get(name) ?? anyTarget;
      const place = target === undefined ? {} : { dtype: target.dtype, backend: target.backend };
      return [name, tensor(data, { shape, ...place })];
    });
    return module.loadStateDict(Object.fromEntries(state), options);
  });
}
