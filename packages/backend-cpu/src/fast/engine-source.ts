import type { Engine } from "../wasm/engine.js";

/** Where a kernel gets the engine from when there is enough work: `null` where it must do without. */
export type EngineSource = () => Engine | null;
