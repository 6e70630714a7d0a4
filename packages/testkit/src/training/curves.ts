import type { Backend } from "@unrolled/backend";
import { checkSame } from "../assert/compare.js";
import { checkCurve } from "./checks.js";
import { json } from "./goldens/curves.js";
import type { KitModule, KitTensor, Nested, TrainingToolkit } from "./toolkit.js";
import { type TrainingCase, trainingCase, ways } from "./training-case.js";

export interface CurveGolden {
  readonly name: string;
  readonly kind: "RNN" | "LSTM" | "GRU";
  readonly options: { readonly nonlinearity?: "tanh" | "relu" };
  readonly optimizer: "SGD" | "Adam";
  readonly optimizerOptions: { readonly lr: number };
  readonly lengths: readonly number[] | null;
  readonly layer: Readonly<Record<string, Nested>>;
  readonly head: Readonly<Record<string, Nested>>;
  readonly x: Nested;
  readonly y: Nested;
  readonly losses: readonly number[];
}

export const curveGoldens: () => readonly CurveGolden[] = () => JSON.parse(json) as readonly CurveGolden[];

/** A layer with a linear head that reads its last state, and a way to take a step. */
export interface Trainer {
  readonly modules: readonly KitModule[];
  readonly x: KitTensor;
  /** One update; the loss before it. */
  step(): Promise<number>;
}

export function trainer(toolkit: TrainingToolkit, backend: Backend, golden: CurveGolden): Trainer {
  const layer = new toolkit[golden.kind](2, 6, { ...golden.options, backend });
  const head = new toolkit.Linear(6, 1, { backend });
  layer.loadStateDict(golden.layer);
  head.loadStateDict(golden.head);
  const x = toolkit.tensor(golden.x, { backend });
  const y = toolkit.tensor(golden.y, { backend });
  const parameters = [...layer.parameters(), ...head.parameters()];
  const optimizer = new toolkit[golden.optimizer](parameters as never, golden.optimizerOptions);
  const loss = (): KitTensor => {
    const [, last] = layer.forward(x, undefined, golden.lengths ? { lengths: golden.lengths } : {});
    const hidden = (golden.kind === "LSTM" ? (last as readonly KitTensor[])[0] : last) as KitTensor;
    return toolkit.mseLoss(head.forward(hidden.select(0, -1)), y);
  };
  return {
    modules: [layer, head],
    x,
    async step() {
      const value = optimizer.step(loss as () => never) as KitTensor;
      const [number] = await value.data();
      value.dispose();
      return number;
    },
  };
}

export async function lossesOf(one: Trainer, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push(await one.step());
  return losses;
}

/** Ten updates of a small model against PyTorch's losses, and the same bits again where the engine promises them. */
export function curveCases(): TrainingCase[] {
  return curveGoldens().flatMap((golden) => [
    ...ways.map(([suffix, way]) =>
      trainingCase("curves", `${golden.name}${suffix}`, async (context, place) => {
        const losses = await lossesOf(trainer(context.toolkit, way(context), golden), golden.losses.length);
        checkCurve(place, losses, golden.losses);
      }),
    ),
    trainingCase(
      "curves",
      `${golden.name}, twice the same bits`,
      async ({ toolkit, backend }, place) => {
        const [first, second] = [
          Float32Array.from(await lossesOf(trainer(toolkit, backend, golden), 4)),
          Float32Array.from(await lossesOf(trainer(toolkit, backend, golden), 4)),
        ];
        checkSame(place, "repeat", "the losses of a second run", second, first, [4]);
      },
      ({ capabilities }) => (capabilities.deterministic ? null : "it does not call itself deterministic"),
    ),
  ]);
}
