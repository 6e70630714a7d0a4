import { sumOfSines } from "@unrolled/datasets";
import type { UserSeries } from "../session/settings.js";

/** What stands there until something is drawn or read. */
export const exampleSeries: UserSeries = {
  name: "an example to draw over",
  values: Float32Array.from(sumOfSines({ length: 160, waves: [{ period: 32 }, { period: 80, amplitude: 0.4 }] })),
};
