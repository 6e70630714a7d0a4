import { ArgumentError } from "@unrolled/backend";
import { cpuCompiled, cpuEager } from "./cpu.js";
import type { EngineKind } from "./engine.js";
import { onnxCompiled } from "./onnx.js";
import { tensorflowWasm, tensorflowWebgl } from "./tensorflow.js";

/** Every engine that the page offers, in the order of the form. */
export const engineKinds: readonly EngineKind[] = [
  cpuEager,
  cpuCompiled,
  tensorflowWasm,
  tensorflowWebgl,
  onnxCompiled,
];

export function engineKind(id: string): EngineKind {
  const kind = engineKinds.find((one) => one.id === id);
  if (kind) return kind;
  throw new ArgumentError("engine", `no engine "${id}"`, `use one of ${engineKinds.map((one) => one.id).join(", ")}`);
}
