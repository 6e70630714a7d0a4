import type { Place } from "../assert/compare.js";
import { checkTensor, gradientTolerance, outputTolerance } from "./checks.js";
import { json } from "./goldens/layers.js";
import type { KitTensor, Nested } from "./toolkit.js";
import { type TrainingCase, type TrainingContext, trainingCase, ways } from "./training-case.js";

interface LayerGolden {
  readonly name: string;
  readonly kind: "RNN" | "LSTM" | "GRU";
  readonly options: { readonly inputSize: number; readonly hiddenSize: number; readonly batchFirst: boolean };
  readonly stateDict: Readonly<Record<string, Nested>>;
  readonly input: Nested;
  readonly lengths?: readonly number[];
  readonly initialState: readonly Nested[] | null;
  readonly output: Nested;
  readonly finalState: readonly Nested[];
  readonly cotangents: { readonly output: Nested; readonly finalState: readonly Nested[] };
  readonly gradients: {
    readonly parameters: Readonly<Record<string, Nested>>;
    readonly input: Nested;
    readonly initialState: readonly Nested[] | null;
  };
}

type Way = (typeof ways)[number][1];

async function check(context: TrainingContext, place: Place, way: Way, golden: LayerGolden): Promise<void> {
  const { toolkit } = context;
  const backend = way(context);
  const leaf = (values: Nested): KitTensor => toolkit.tensor(values, { backend, requiresGrad: true });
  const { inputSize, hiddenSize, batchFirst: _batchFirst, ...options } = golden.options;
  const layer = new toolkit[golden.kind](inputSize, hiddenSize, { ...options, backend });
  layer.loadStateDict(golden.stateDict);
  const x = leaf(golden.input);
  const given = golden.initialState?.map(leaf);
  const state = given && (golden.kind === "LSTM" ? given : given[0]);
  const lengths = golden.lengths ? { lengths: golden.lengths } : {};
  const [y, last] = layer.forward(x, state as never, lengths);
  const states = (golden.kind === "LSTM" ? last : [last]) as readonly KitTensor[];
  const outputs = [y, ...states];
  const cotangents = [golden.cotangents.output, ...golden.cotangents.finalState];
  outputs
    .map((output, i) => output.mul(toolkit.tensor(cotangents[i], { backend })).sum())
    .reduce((sum, part) => sum.add(part))
    .backward();
  await checkTensor(place, "the output", y, golden.output, outputTolerance);
  for (const [i, wanted] of golden.finalState.entries())
    await checkTensor(place, `final state ${i}`, states[i], wanted, outputTolerance);
  await checkTensor(place, "the gradient of the input", x.grad, golden.gradients.input, gradientTolerance);
  for (const [name, parameter] of layer.namedParameters())
    await checkTensor(
      place,
      `the gradient of ${name}`,
      parameter.grad,
      golden.gradients.parameters[name],
      gradientTolerance,
    );
  for (const [i, wanted] of (golden.gradients.initialState ?? []).entries())
    await checkTensor(place, `the gradient of state ${i}`, given?.[i].grad ?? null, wanted, gradientTolerance);
}

/** Recurrent layers, forward and backward, against PyTorch; with the engine's fused ops and without. */
export function layerCases(): TrainingCase[] {
  const goldens = JSON.parse(json) as readonly LayerGolden[];
  return goldens.flatMap((golden) =>
    ways.map(([suffix, way]) =>
      trainingCase("layers", `${golden.name}${suffix}`, (context, place) => check(context, place, way, golden)),
    ),
  );
}
