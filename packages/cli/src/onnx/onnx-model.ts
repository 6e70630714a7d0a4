import { type ForecastRun, RawForecaster } from "@unrolled/train";
import { checkModel, type ModelCheck } from "./check-model.js";
import { exportModel } from "./export-model.js";

export interface OnnxModel {
  readonly bytes: Uint8Array;
  readonly check: ModelCheck;
}

/** model.onnx of a run, checked. */
export async function onnxModel(run: ForecastRun): Promise<OnnxModel> {
  const raw = new RawForecaster(run);
  const bytes = await exportModel(raw, run);
  return { bytes, check: await checkModel(bytes, raw, run) };
}
