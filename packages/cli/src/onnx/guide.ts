import type { RawForecaster } from "@unrolled/train";

/** What each input of model.onnx is, in words. */
export function inputGuide(raw: RawForecaster): Record<string, string> {
  const { historyLength: size, horizon, needed } = raw;
  const guide: Record<string, string> = {
    history:
      `float64 [batch, ${size}]: the last ${size} values of the series, oldest first. ` +
      `Where there are fewer (at least ${needed} are needed, else the forecast is NaN), put any number in front of them.`,
    start:
      "int32 [batch]: how many values of the series come before those in history, so the number of values less " +
      `${size}; negative where history begins with numbers that are no values.`,
  };
  if ("days" in raw.inputSpecs) {
    guide.days =
      `float64 [batch, ${size + horizon}]: the dates of history, then those of the ${horizon} steps to forecast, in days since ` +
      "1970-01-01 (2000-01-01 is 10957; noon adds 0.5). In front, where history has no values, any number.";
  }
  return guide;
}

/** What model.onnx gives, in words. */
export function outputGuide({ horizon }: RawForecaster): string {
  return `float64 [batch, ${horizon}]: the next ${horizon} values, in the units of the series.`;
}
