import type { ExportFacts } from "./facts.js";
import { float32List } from "./float32.js";

const mostInline = 400;

/** Whether the program carries its weights, or reads model.safetensors beside it. */
export const pytorchNeedsFile = ({ weights }: ExportFacts): boolean =>
  weights.reduce((sum, { values }) => sum + values.length, 0) > mostInline;

const python = (flag: boolean): string => (flag ? "True" : "False");

function modelClass({ settings, shape, example, torchClass, stateParts }: ExportFacts): string[] {
  const { inputSize, outputSize, embeddingDim, bias, readout } = shape;
  const { hiddenSize, numLayers } = settings;
  const last = stateParts === 1 ? "h" : "(h, _)";
  const hidden = example.everyStep ? "y" : "h[-1]";
  return [
    "class Model(nn.Module):",
    "    def __init__(self):",
    "        super().__init__()",
    ...(embeddingDim === undefined ? [] : [`        self.embedding = nn.Embedding(${inputSize}, ${embeddingDim})`]),
    `        self.recurrent = nn.${torchClass}(${embeddingDim ?? inputSize}, ${hiddenSize}, num_layers=${numLayers}, bias=${python(bias)}, batch_first=True)`,
    ...(readout === "linear"
      ? [`        self.head = nn.Linear(${hiddenSize}, ${outputSize}, bias=${python(bias)})`]
      : []),
    "",
    `    def forward(self, x):  # ${embeddingDim === undefined ? `[batch, time, ${inputSize}]` : "tokens [batch, time]"} -> [batch, ${example.everyStep ? "time, " : ""}${outputSize}]`,
    `        y, ${last} = self.recurrent(${embeddingDim === undefined ? "x" : "self.embedding(x)"})`,
    readout === "linear" ? `        return self.head(${hidden})` : `        return ${hidden}[..., -1:]`,
  ];
}

function weightLines(facts: ExportFacts): string[] {
  if (pytorchNeedsFile(facts))
    return ['model.load_state_dict(load_file("model.safetensors"), strict=True)  # downloaded from the same page'];
  const entries = facts.weights.map(
    ({ name, shape, values }) =>
      `    "${name}": torch.tensor(${float32List(values, "    ")}, dtype=torch.float32).reshape(${shape.join(", ")}),`,
  );
  return ["model.load_state_dict({", ...entries, "}, strict=True)"];
}

/**
 * A PyTorch program that makes the model on screen and shows that it gives the same numbers.
 *
 * @returns null where PyTorch has no such layer
 */
export function pytorchProgram(facts: ExportFacts): string | null {
  if (facts.torchClass === null) return null;
  const { example, shape } = facts;
  const x = example.tokens
    ? `torch.tensor([[${example.x.join(", ")}]])`
    : `torch.tensor(${float32List(example.x, "")}, dtype=torch.float32).reshape(1, ${example.steps}, ${shape.inputSize})`;
  return [
    `# ${facts.title}: the model after ${facts.update} updates.`,
    "import torch",
    "from torch import nn",
    ...(pytorchNeedsFile(facts) ? ["from safetensors.torch import load_file"] : []),
    "",
    "",
    ...modelClass(facts),
    "",
    "",
    "model = Model()",
    ...weightLines(facts),
    "model.eval()",
    "",
    `x = ${x}  # ${example.label}`,
    "with torch.no_grad():",
    "    y = model(x)[0]",
    "print(y)",
    ...(facts.scaling === null
      ? []
      : [`print("in the series' own units:", y * ${facts.scaling.scale} + ${facts.scaling.shift})`]),
    "",
    `on_screen = torch.tensor(${float32List(example.output, "")}, dtype=torch.float32).reshape(y.shape)`,
    'print("largest difference to the page:", (y - on_screen).abs().max().item())',
    "",
  ].join("\n");
}
