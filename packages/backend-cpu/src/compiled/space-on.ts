import { type Engine, loadEngine } from "../wasm/engine.js";
import { Space } from "./space.js";

const spaces = new WeakMap<Engine, Space>();

/**
 * Programs on one thread have memory of their own, as kernels that run as a fallback may grow the backend's, and views of it would
 * be lost. Shared memory keeps its views, and its threads know no other.
 */
export function spaceOn(engine: Engine): Space {
  const known = spaces.get(engine);
  if (known) return known;
  const space = new Space(engine.threads > 1 ? engine : loadEngine(engine.simd));
  spaces.set(engine, space);
  return space;
}
