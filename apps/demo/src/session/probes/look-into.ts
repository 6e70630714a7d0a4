import type { TaskRun } from "../../tasks/task.js";
import type { Look, Want } from "../look.js";
import type { DemoModel } from "../model.js";
import type { Settings } from "../settings.js";
import { answers, nextTokens } from "./answers.js";
import { byHand } from "./by-hand.js";
import { continuation } from "./continuation.js";
import { gradientNorms, saliency } from "./gradients.js";
import { lossNow } from "./loss-now.js";
import { predict } from "./prediction.js";
import { samples } from "./samples.js";
import { trace, walksOf } from "./trace.js";
import { weightsOf } from "./weights.js";

/** Computes what the panels on screen want to see, and nothing else. */
export function lookInto(model: DemoModel, run: TaskRun, settings: Settings, want: Want): Omit<Look, "progress"> {
  const walks = walksOf(model, run, settings);
  return {
    ...(want.weights && { weights: weightsOf(model) }),
    ...(want.prediction && { prediction: predict(model, run, settings, want.prediction) }),
    ...(want.trace && { trace: trace(model, run, settings, want.trace.example, walks) }),
    ...(want.byHand && { byHand: byHand(model, run, settings, want.byHand, walks) }),
    ...(want.explain && { explain: byHand(model, run, settings, want.explain, walks) }),
    ...(want.samples && { samples: samples(model, run, settings, want.samples) }),
    ...(want.gradientNorms && { gradientNorms: gradientNorms(model, run, want.gradientNorms.example) }),
    ...(want.saliency && { saliency: saliency(model, run, want.saliency) }),
    ...(want.answers && { answers: answers(model, run) }),
    ...(want.nextTokens && { nextTokens: nextTokens(model, run, want.nextTokens.example) }),
    ...(want.lossNow && { lossNow: lossNow(model, run) }),
    ...(want.continuation && { continuation: continuation(model, run) }),
  };
}
