import type { Backend } from "@unrolled/backend";

/** A backend's primitives, without its fused ops and updates. Buffers are the backend's own. */
export function decomposed(backend: Backend): Backend {
  const { contract, name, capabilities, kernels } = backend;
  return {
    contract,
    name: `${name}-decomposed`,
    capabilities,
    kernels,
    upload: (data, shape, dtype) => backend.upload(data, shape, dtype),
    read: (buffer, meta) => backend.read(buffer, meta),
    ...(backend.readSync && {
      readSync: (buffer, meta) => (backend.readSync as NonNullable<Backend["readSync"]>)(buffer, meta),
    }),
    free: (buffer) => backend.free(buffer),
    memory: () => backend.memory(),
    sync: () => backend.sync(),
    dispose: () => backend.dispose(),
  };
}
