import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend } from "@unrolled/core";

setDefaultBackend(cpu());

export * from "@unrolled/backend";
export { cpu } from "@unrolled/backend-cpu";
export * from "@unrolled/cells";
export * from "@unrolled/core";
export * from "@unrolled/datasets";
export * from "@unrolled/nn";
export * from "@unrolled/optim";
