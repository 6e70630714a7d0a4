import type { TaskRun } from "../../tasks/task.js";
import type { Look, Want } from "../look.js";
import type { DemoModel } from "../model.js";
import type { Settings } from "../settings.js";
import { continuation } from "./continuation.js";
import { lossNow } from "./loss-now.js";
import { predict } from "./prediction.js";
import { trace, walksOf } from "./trace.js";
import { weightsOf } from "./weights.js";

/** Computes what the panels on screen want to see, and nothing else. What only some panels want loads with the first of them. */
export async function lookInto(
  model: DemoModel,
  run: TaskRun,
  settings: Settings,
  want: Want,
): Promise<Omit<Look, "progress">> {
  const [hand, slopes, made, asked] = await Promise.all([
    want.byHand || want.explain ? import("./by-hand.js") : null,
    want.gradientNorms || want.saliency ? import("./gradients.js") : null,
    want.samples ? import("./samples.js") : null,
    want.answers || want.nextTokens ? import("./answers.js") : null,
  ]);
  const walks = walksOf(model, run, settings);
  return {
    ...(want.weights && { weights: weightsOf(model) }),
    ...(want.prediction && { prediction: predict(model, run, settings, want.prediction) }),
    ...(want.trace && { trace: trace(model, run, settings, want.trace.example, walks) }),
    ...(hand && want.byHand && { byHand: hand.byHand(model, run, settings, want.byHand, walks) }),
    ...(hand && want.explain && { explain: hand.byHand(model, run, settings, want.explain, walks) }),
    ...(made && want.samples && { samples: made.samples(model, run, settings, want.samples) }),
    ...(slopes &&
      want.gradientNorms && { gradientNorms: slopes.gradientNorms(model, run, want.gradientNorms.example) }),
    ...(slopes && want.saliency && { saliency: slopes.saliency(model, run, want.saliency) }),
    ...(asked && want.answers && { answers: asked.answers(model, run) }),
    ...(asked && want.nextTokens && { nextTokens: asked.nextTokens(model, run, want.nextTokens.example) }),
    ...(want.lossNow && { lossNow: lossNow(model, run) }),
    ...(want.continuation && { continuation: continuation(model, run) }),
  };
}
