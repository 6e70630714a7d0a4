import type { TypedArray } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import type { UnaryKernel } from "../unary.js";
import type { Engine } from "../wasm/engine.js";
import type { MapExports } from "../wasm/kernel-exports.js";
import type { EngineSource } from "./engine-source.js";
import { PIECE, workspaceOf } from "./workspace.js";

/** The plain kernel below `least` elements and for other dtypes; else the map of that name, which takes the array in pieces. */
export function fastUnary(source: EngineSource, map: keyof MapExports, least: number, plain: UnaryKernel): UnaryKernel {
  return (inputs, call) => {
    const x = inputs[0];
    if (x.length < least || !(x instanceof Float32Array)) return plain(inputs, call);
    const engine = source();
    return engine ? [mapped(engine, map, x)] : plain(inputs, call);
  };
}

function mapped(engine: Engine, map: keyof MapExports, x: Float32Array): TypedArray {
  const workspace = workspaceOf(engine);
  const at = workspace.at(0);
  const kernel = engine.exports[map];
  const n = x.length;
  const out = allocate("float32", n);
  for (let i = 0; i < n; i += PIECE) {
    const piece = Math.min(PIECE, n - i);
    workspace.copyIn(0, x, i, piece);
    kernel(at, at, piece, 0, 1);
    workspace.copyOut(0, out, i, piece);
  }
  return out;
}
