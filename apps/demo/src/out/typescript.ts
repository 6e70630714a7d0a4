import type { ExportFacts } from "./facts.js";
import { float32List } from "./float32.js";
import { trainingSource } from "./training-source.js";

function modelClass({ settings, shape, target, layerClass, stateParts }: ExportFacts): string[] {
  const { inputSize, outputSize, embeddingDim, bias, readout, initial } = shape;
  const { hiddenSize, numLayers } = settings;
  const options = (more: readonly string[]): string => `{ ${[...more, "generator"].join(", ")} }`;
  const biasOption = bias ? [] : ["bias: false"];
  const layerOptions = [...(numLayers > 1 ? [`numLayers: ${numLayers}`] : []), ...biasOption];
  const state = stateParts === 1 ? "Tensor" : "[h: Tensor, c: Tensor]";
  const hidden = target === "every" ? "y" : `${stateParts === 1 ? "last" : "last[0]"}.select(0, -1)`;
  return [
    "class Model extends Module {",
    ...(embeddingDim === undefined
      ? []
      : [`  embedding = new Embedding(${inputSize}, ${embeddingDim}, { generator });`]),
    `  recurrent = new ${layerClass}(${embeddingDim ?? inputSize}, ${hiddenSize}, ${options([...layerOptions, "batchFirst: true"])});`,
    ...(readout === "linear" ? [`  head = new Linear(${hiddenSize}, ${outputSize}, ${options(biasOption)});`] : []),
    "",
    `  /** x ${embeddingDim === undefined ? `[batch, time, ${inputSize}]` : "tokens [batch, time]"} -> [batch, ${target === "every" ? "time, " : ""}${outputSize}], and the last state */`,
    `  override forward(x: Tensor, state?: ${state}, lengths?: Tensor): [output: Tensor, state: ${state}] {`,
    `    const [${target === "every" ? "y" : ""}, last] = this.recurrent.forward(${embeddingDim === undefined ? "x" : "this.embedding.forward(x)"}, state, lengths ? { lengths } : {});`,
    readout === "linear"
      ? `    return [this.head.forward(${hidden}), last];`
      : `    return [${hidden}.narrow(-1, ${hiddenSize - 1}, 1), last];`,
    "  }",
    "}",
    "",
    "const model = new Model();",
    ...(initial === "pytorch"
      ? []
      : [
          `for (const weight of model.recurrent.parameters()) init.normal_(weight, 0, ${initial.recurrentStd}, { generator });`,
          ...(readout === "linear"
            ? [
                `for (const weight of model.head.parameters()) init.normal_(weight, 0, ${initial.readoutStd}, { generator });`,
              ]
            : []),
        ]),
  ];
}

/** What reads the example: the whole walk where the state is carried through it, else what the model gives. */
function readingSource({ carriesState, settings, shape }: ExportFacts): string {
  if (!carriesState) return "model.forward(x)[0]";
  const hidden = `model.recurrent.forward(${shape.embeddingDim === undefined ? "x" : "model.embedding.forward(x)"})[0]`;
  return shape.readout === "linear"
    ? `model.head.forward(${hidden})`
    : `${hidden}.narrow(-1, ${settings.hiddenSize - 1}, 1)`;
}

function exampleLines(facts: ExportFacts): string[] {
  const { example, shape } = facts;
  const x = example.tokens
    ? `tensor(Int32Array.of(${example.x.join(", ")}), { shape: [1, ${example.steps}], dtype: "int32" })`
    : `tensor(Float32Array.from(${float32List(example.x, "")}), { shape: [1, ${example.steps}, ${shape.inputSize}] })`;
  return [
    "",
    `const x = ${x}; // ${example.label}`,
    `const got = Array.from(noGrad(() => ${readingSource(facts)}).dataSync());`,
    "console.log(got);",
    ...(facts.scaling === null
      ? []
      : [
          `console.log("in the series' own units:", got.map((value) => value * ${facts.scaling.scale} + ${facts.scaling.shift}));`,
        ]),
    "",
    `const onScreen = Float32Array.from(${float32List(example.output, "")});`,
    "const largest = onScreen.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0);",
    'console.log("largest difference to the page:", largest);',
    "",
  ];
}

function importLine(body: string): string {
  const values = [
    ...["Adam", "AdamW", "Embedding", "GRU", "Generator", "LSTM", "Linear", "Module", "RMSprop", "RNN", "SGD"],
    ...["addingProblem", "bceWithLogits", "crossEntropy", "elmanSine", "init", "mseLoss", "noGrad", "parity"],
    ...["randomSubsequence", "scope", "tensor", "zeros"],
  ].filter((name) => new RegExp(`\\b${name}\\b`).test(body.replace(/\/\/.*|\/\*.*\*\//g, "")));
  const names = [...values, "type Tensor"];
  return `import { ${names.join(", ")} } from "unrolled";`;
}

/** What a program with these import lines has to install: packages, without paths into them. */
function packagesOf(lines: readonly string[]): string[] {
  const names = lines.flatMap((line) => /from "((?:@[^/"]+\/)?[^/"]+)/.exec(line)?.[1] ?? []);
  return [...new Set(names)].filter((name) => !name.startsWith("node:"));
}

/**
 * A program for Node that trains the model on screen from the same seed, with the same batches and the same changes by hand, and prints
 * how far it is from the numbers on screen: not at all where the same instructions compute it, else in the last digits.
 */
export function typescriptProgram(facts: ExportFacts): string {
  const { settings } = facts;
  const body = [
    `const generator = new Generator(${settings.seed}); // draws the first weights`,
    "",
    ...modelClass(facts),
    "",
    ...trainingSource(facts),
    ...exampleLines(facts),
  ].join("\n");
  const lines = [importLine(body), ...facts.source.imports];
  const extra = facts.source.imports.length > 0 ? `${facts.source.imports.join("\n")}\n` : "";
  return [
    `// ${facts.title}: the model after ${facts.update} updates, trained from the start.`,
    `// npm install ${packagesOf(lines).join(" ")}`,
    importLine(body),
    extra,
    body,
  ].join("\n");
}
