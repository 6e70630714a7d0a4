import type { Change, OptimizerId, ScheduleId } from "../session/settings.js";
import type { ExportFacts } from "./facts.js";

const optimizerClass: Readonly<Record<OptimizerId, readonly [name: string, options: string]>> = {
  sgd: ["SGD", "lr"],
  momentum: ["SGD", "lr, momentum: 0.9"],
  rmsprop: ["RMSprop", "lr"],
  adam: ["Adam", "lr"],
  adamw: ["AdamW", "lr"],
};

const scheduleFactor: Readonly<Record<ScheduleId, string>> = {
  constant: "1",
  step: "0.5 ** Math.min(4, Math.floor(4 * done))",
  exponential: "0.01 ** Math.min(1, done)",
  cosine: "0.01 + 0.99 * (0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, done)))",
};

const makeOptimizer = (id: OptimizerId): string => {
  const [name, options] = optimizerClass[id];
  return `new ${name}(model.parameters(), { ${options} })`;
};

function lossSource({ objective, target, padding }: ExportFacts): string {
  if (objective === "mse") return "mseLoss(output, y)";
  if (objective === "halfSquaredError") return 'mseLoss(output, y, { reduction: "sum" }).div(2)';
  if (objective === "binaryCrossEntropy") return "bceWithLogits(output, y)";
  const logits = target === "every" ? "output.swapAxes(1, 2)" : "output"; // classes come second
  return `crossEntropy(${logits}, y${padding === null ? "" : `, { ignoreIndex: ${padding} }`})`;
}

function changeSource(change: Change): string {
  if (change.kind === "weight") {
    const { name, index, value } = change;
    return `setWeight(${JSON.stringify(name)}, ${index}, ${value});`;
  }
  if (change.key === "optimizer") return `optimizer = ${makeOptimizer(change.value as OptimizerId)};`;
  if (change.key === "schedule") return `factor = (done) => ${scheduleFactor[change.value as ScheduleId]};`;
  return `${change.key} = ${change.value};`;
}

function changesSource(changes: readonly Change[]): string[] {
  const byUpdate = new Map<number, Change[]>();
  for (const change of changes) byUpdate.set(change.update, [...(byUpdate.get(change.update) ?? []), change]);
  return [...byUpdate].flatMap(([update, group]) => [
    `  if (update === ${update}) {`,
    ...group.map((change) => `    ${changeSource(change)}`),
    "  }",
  ]);
}

const setWeightSource = [
  "function setWeight(name: string, index: number, value: number): void {",
  "  const values = Float32Array.from(model.getParameter(name).dataSync());",
  "  values[index] = value;",
  "  model.loadStateDict({ [name]: values }, { strict: false });",
  "}",
  "",
];

/** The batches, the optimiser and the loop over the updates, with what was changed by hand on the way. */
export function trainingSource(facts: ExportFacts): string[] {
  const { settings, changes, update, horizon, carriesState, updatesPerEpoch, stateParts, source } = facts;
  const changed = (key: string): boolean => changes.some((change) => change.kind === "setting" && change.key === key);
  const keyword = (key: string): string => (changed(key) ? "let" : "const");
  const usesBatchSize = /\bbatchSize\b/.test(source.code);
  const detached = stateParts === 1 ? "last.detach()" : "[last[0].detach(), last[1].detach()]";
  const clips = settings.clipGradNorm > 0 || changed("clipGradNorm");
  const mayNotClip = changed("clipGradNorm");
  const options = clips ? (mayNotClip ? ", clipGradNorm > 0 ? { clipGradNorm } : {}" : ", { clipGradNorm }") : "";
  const scheduled = settings.schedule !== "constant" || changed("schedule");
  const weightEdited = changes.some(({ kind }) => kind === "weight");
  const late = changes.filter((change) => change.update >= update);
  return [
    `${keyword("lr")} lr = ${settings.lr};`,
    ...(clips ? [`${keyword("clipGradNorm")} clipGradNorm = ${settings.clipGradNorm};`] : []),
    ...(usesBatchSize ? [`${keyword("batchSize")} batchSize = ${settings.batchSize};`] : []),
    ...(scheduled
      ? [
          `${keyword("schedule")} factor = (done: number): number => ${scheduleFactor[settings.schedule]}; // done: part of the schedule`,
        ]
      : []),
    `${keyword("optimizer")} optimizer${changed("optimizer") ? ": SGD | RMSprop | Adam" : ""} = ${makeOptimizer(settings.optimizer)};`,
    ...(weightEdited ? ["", ...setWeightSource] : [""]),
    source.code,
    "",
    ...(carriesState ? [`let state: ReturnType<Model["forward"]>[1] | undefined;`] : []),
    `for (let update = 0; update < ${update}; update++) {`,
    ...changesSource(changes.filter((change) => change.update < update)),
    ...(carriesState
      ? [`  if (update % ${updatesPerEpoch} === 0) state = undefined; // an epoch begins with zeros`]
      : []),
    ...(scheduled || changed("lr")
      ? [
          `  for (const group of optimizer.paramGroups) group.lr = ${scheduled ? `lr * factor(update / ${horizon})` : "lr"};`,
        ]
      : []),
    "  const { x, y, lengths } = batch(update);",
    "  optimizer.step(() => {",
    `    const [output, last] = model.forward(x, ${carriesState ? "state" : "undefined"}, lengths);`,
    ...(carriesState ? [`    state = ${detached};`] : []),
    `    return ${lossSource(facts)};`,
    `  }${options});`,
    "}",
    ...late.map(changeSource),
  ];
}
