// PyTorch's outputs, states and gradients of recurrent layers, on the TensorFlow engine.
import { readFileSync } from "node:fs";
import { tfjs } from "../../packages/backend-tfjs/dist/index.js";
import { GRU, LSTM, RNN, tensor } from "../../packages/unrolled/dist/index.js";

const tolerance = 1e-5;
const backend = await tfjs("tensorflow");
const layers = { RNN, LSTM, GRU };

function cases() {
  return ["recurrent", "bidirectional", "projection"].flatMap((name) => {
    const file = new URL(`../../packages/cells/test/goldens/${name}.json`, import.meta.url);
    const { layers, lengths } = JSON.parse(readFileSync(file, "utf8"));
    return [...layers, ...lengths];
  });
}

/** The largest difference, as a share of the expected value where that is above one. */
function errorOf(actual, expected) {
  const wanted = [expected].flat(Number.POSITIVE_INFINITY);
  const values = actual?.dataSync() ?? [];
  if (values.length !== wanted.length) return Number.POSITIVE_INFINITY;
  const errors = wanted.map((value, i) => Math.abs(values[i] - value) / Math.max(1, Math.abs(value)));
  return errors.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(0, ...errors);
}

function worstOf({
  kind,
  options,
  stateDict,
  input,
  initialState,
  lengths,
  output,
  finalState,
  cotangents,
  gradients,
}) {
  const { inputSize, hiddenSize, ...rest } = options;
  const layer = new layers[kind](inputSize, hiddenSize, { ...rest, backend });
  layer.loadStateDict(stateDict);
  const leaf = (values) => tensor(values, { backend, requiresGrad: true });
  const x = leaf(input);
  const state = initialState?.map(leaf);
  const [y, last] = layer.forward(x, kind === "LSTM" ? state : state?.[0], lengths ? { lengths } : {});
  const states = kind === "LSTM" ? last : [last];
  const outputs = [y, ...states];
  const given = [cotangents.output, ...(cotangents.finalState ?? [])];
  const parts = outputs.flatMap((value, i) => (given[i] ? [value.mul(tensor(given[i], { backend })).sum()] : []));
  parts.reduce((a, b) => a.add(b)).backward();
  return Math.max(
    errorOf(y, output),
    ...states.map((value, i) => errorOf(value, finalState[i])),
    errorOf(x.grad, gradients.input),
    ...[...layer.namedParameters()].map(([name, { grad }]) => errorOf(grad, gradients.parameters[name])),
    ...(state ?? []).map(({ grad }, i) => errorOf(grad, gradients.initialState[i])),
  );
}

const results = cases().map((golden) => ({ name: golden.name, kind: golden.kind, error: worstOf(golden) }));
for (const kind of Object.keys(layers)) {
  const own = results.filter((result) => result.kind === kind);
  console.log(
    `  ${kind}: ${own.length} cases, largest error ${Math.max(...own.map(({ error }) => error)).toExponential(1)}`,
  );
}
const wrong = results.filter(({ error }) => !(error < tolerance));
for (const { name, error } of wrong) console.log(`  FAILED ${name}: ${error}`);
process.exit(wrong.length === 0 && results.length > 0 ? 0 : 1);
