import type { HostTensor } from "@unrolled/backend";
import type { LoadReport, Module } from "@unrolled/nn";
import { openSafetensors } from "../safetensors/open.js";
import { readSafetensors } from "../safetensors/read.js";
import { type WriteOptions, writeSafetensors } from "../safetensors/write.js";
import type { ByteSource } from "../source.js";
import { assign, type LoadWeightsOptions, planLoad } from "./plan.js";

/**
 * A module's parameters and buffers on the host, by state-dict name. Training that goes on meanwhile does not change them.
 */
export async function hostStateDict(module: Module): Promise<Record<string, HostTensor>> {
  const snapshot = Object.entries(module.stateDict());
  try {
    const tensors = await Promise.all(
      snapshot.map(async ([name, value]): Promise<[string, HostTensor]> => {
        return [name, { data: await value.data(), shape: value.shape, dtype: value.dtype }];
      }),
    );
    return Object.fromEntries(tensors);
  } finally {
    for (const [, value] of snapshot) value.dispose();
  }
}

/**
 * A module's parameters and buffers as a safetensors file, under their state-dict names, which are PyTorch's:
 * `load_state_dict(load_file("model.safetensors"), strict=True)` takes it. Training that goes on meanwhile does not change it.
 *
 * @param metadata strings by name, kept in the file's header
 * @example
 * await writeFile("model.safetensors", await saveStateDict(model, {}, { dtype: "F16" }));
 */
export async function saveStateDict(
  module: Module,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return writeSafetensors(await hostStateDict(module), metadata, options);
}

function loadHost(
  op: string,
  module: Module,
  tensors: Readonly<Record<string, HostTensor>>,
  options: LoadWeightsOptions,
): LoadReport {
  const shapes = new Map(Object.entries(tensors).map(([key, { shape }]) => [key, shape]));
  const { plan, report } = planLoad(op, module, shapes, options);
  assign(module, new Map([...plan].map(([key, name]) => [name, tensors[key]])));
  return report;
}

/**
 * Loads tensors of the host into a module by state-dict name, all or nothing. Values are cast to the module's dtypes.
 *
 * @throws StateDictError that lists every missing, unexpected and mis-shaped key
 * @example
 * loadTensors(new Linear(1, 1), {
 *   weight: { shape: [1, 1], dtype: "float32", data: new Float32Array([2]) },
 *   bias: { shape: [1], dtype: "float32", data: new Float32Array([0]) },
 * });
 */
export function loadTensors(
  module: Module,
  tensors: Readonly<Record<string, HostTensor>>,
  options: LoadWeightsOptions = {},
): LoadReport {
  return loadHost("loadTensors", module, tensors, options);
}

/**
 * Loads a safetensors file into a module by state-dict name, all or nothing. Values are cast to the module's dtypes.
 *
 * @returns what was missing, unexpected and mis-shaped; empty lists when strict
 * @throws FormatError if the file is malformed
 * @throws StateDictError that lists every missing, unexpected and mis-shaped key
 * @example
 * loadStateDict(model, await readFile("model.safetensors"));
 */
export function loadStateDict(module: Module, bytes: Uint8Array, options: LoadWeightsOptions = {}): LoadReport {
  return loadHost("loadStateDict", module, readSafetensors(bytes).tensors, options);
}

/**
 * Loads the weights of a PyTorch model, a safetensors file of its state dict, into a module of the same architecture: names,
 * shapes and gate orders are PyTorch's to the letter. All or nothing; of the file only the tensors that are wanted are read.
 * In Python: `safetensors.torch.save_file(model.state_dict(), "model.safetensors")`.
 *
 * @param source the file's bytes, a File or Blob, or a reader of parts
 * @returns what was missing, unexpected and mis-shaped; empty lists when strict
 * @throws FormatError if the file is malformed
 * @throws StateDictError that lists every missing, unexpected and mis-shaped key
 * @example
 * const report = await loadPytorch(model, file, { prefix: "module.", strict: false });
 * console.log(report.missing, report.unexpected);
 */
export async function loadPytorch(
  module: Module,
  source: ByteSource,
  options: LoadWeightsOptions = {},
): Promise<LoadReport> {
  const file = await openSafetensors(source);
  const shapes = new Map([...file.tensors].map(([key, { shape }]) => [key, shape]));
  const { plan, report } = planLoad("loadPytorch", module, shapes, options);
  const values = new Map<string, HostTensor>();
  for (const [key, name] of plan) values.set(name, await file.read(key));
  assign(module, values);
  return report;
}
