import { exportOnnx } from "@unrolled/onnx";
import type { ForecastRun, RawForecaster } from "@unrolled/train";
import { inputGuide, outputGuide } from "./guide.js";

/** model.onnx: raw values in, raw forecasts out, with all that is needed to use it in its metadata. */
export async function exportModel(raw: RawForecaster, { series, options }: ForecastRun): Promise<Uint8Array> {
  const inputs = inputGuide(raw);
  const words = Object.entries({ ...inputs, forecast: outputGuide(raw) }).map(([name, text]) => `${name}: ${text}`);
  return exportOnnx(raw, {
    inputs: raw.inputSpecs,
    outputs: ["forecast"],
    docString: `Forecasts ${series.name}, ${options.horizon} steps ahead, from raw values.\n${words.join("\n")}`,
    metadata: {
      "unrolled.series": series.name,
      "unrolled.horizon": `${options.horizon}`,
      "unrolled.history": `${raw.historyLength}`,
      "unrolled.needed": `${raw.needed}`,
      "unrolled.scale": `${raw.scale}`,
      "unrolled.plan": JSON.stringify(raw.plan),
      "unrolled.inputs": JSON.stringify(inputs),
    },
  });
}
