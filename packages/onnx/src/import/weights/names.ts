import type { NodeProto } from "onnx-buf";

export interface RecurrentName {
  readonly prefix: string;
  /** The layer, where the names tell. */
  readonly layer: number | null;
}

/** A tensor's name without what the exporter here adds where it stores a weight as float16. */
export function originalName(name: string): string {
  return name.endsWith(".float16") ? name.slice(0, -".float16".length) : name;
}

/** PyTorch's; the exporter here adds the layout: `lstm.weight_ih_l0/iofc`. */
const weightName = /^(?:(.*)\.)?(?:weight|bias)_(?:ih|hh)_l(\d{1,4})(?:_reverse)?(?:\/\w*)?$/;
const exporterNames = /^(?:node_)?(?:rnn|lstm|gru)_*\d*$/i;
const plainName = /^[A-Za-z_][\w.]*$/;

/**
 * The path of the module that a node came from, `encoder.lstm`, where PyTorch's exporters wrote it: the newer one in the node's
 * metadata, the older one into its name.
 */
export function modulePath(node: NodeProto): string | null {
  const scopes = node.metadataProps.find(({ key }) => key === "pkg.torch.onnx.name_scopes")?.value;
  if (scopes !== undefined && scopes.length < 10_000) {
    const path = [...scopes.matchAll(/'([^']*)'/g)].map(([, scope]) => scope).slice(0, -1);
    return path.at(-1) || null;
  }
  const atoms = node.name.split("/");
  if (atoms.length < 3 || atoms[0] !== "" || !atoms[atoms.length - 1].startsWith(node.opType)) return null;
  // An item of a list stands behind the list, with its name in front: /layers/layers.0/MatMul.
  return atoms
    .slice(1, -1)
    .filter((atom, i, path) => !path[i + 1]?.startsWith(`${atom}.`))
    .join(".");
}

/** What the weights of a recurrent node are called, from the names in the file. */
export function recurrentName(node: NodeProto, origins: readonly string[]): RecurrentName {
  for (const origin of origins) {
    const match = weightName.exec(originalName(origin));
    if (match) return { prefix: match[1] ?? "", layer: Number(match[2]) };
  }
  const path = modulePath(node);
  if (path) return { prefix: path, layer: null };
  const named = plainName.test(node.name) && !exporterNames.test(node.name);
  return { prefix: named ? node.name : node.opType.toLowerCase(), layer: null };
}

/** Names that exporters give to tensors which lost their own. */
const anonymous = /^(?:onnx::.*|val_\d+)$/;

/** The bias of a step of an unrolled recurrence. */
const stepBias = /^(?:(.*)\.)?bias_([ih]h(?:_l\d{1,4}(?:_reverse)?)?)$/;

/**
 * `fc.weight` for a linear layer that has it, or has no name but `fc.bias`, or comes out of a module `fc`; `rnn.weight_hh_l0`
 * beside `rnn.bias_hh_l0`; null where nothing tells.
 */
export function linearName(node: NodeProto, weightName: string, biasName: string | null): string | null {
  const weight = originalName(weightName);
  if (weight.endsWith(".weight")) return weight;
  if (!anonymous.test(weight)) return null;
  const bias = originalName(biasName ?? "");
  const step = stepBias.exec(bias);
  if (step) return `${step[1] === undefined ? "" : `${step[1]}.`}weight_${step[2]}`;
  if (bias.endsWith(".bias")) return `${bias.slice(0, -".bias".length)}.weight`;
  const path = isInRecurrentModule(node) ? null : modulePath(node);
  return path === null ? null : `${path}.weight`;
}

/** Whether PyTorch's newer exporter says that a node comes out of nn.RNN, nn.LSTM, nn.GRU or one of their cells. */
export function isInRecurrentModule(node: NodeProto): boolean {
  const classes = node.metadataProps.find(({ key }) => key === "pkg.torch.onnx.class_hierarchy")?.value;
  return classes?.includes("'torch.nn.modules.rnn.") ?? false;
}
