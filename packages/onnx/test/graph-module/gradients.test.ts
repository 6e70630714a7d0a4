import { cpu } from "@unrolled/backend-cpu";
import { gradCheck, noGrad, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { importOnnx } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { type AttributeValue, doubles, info, model, node } from "../import/model-maker.js";
import { numbers, random } from "../numbers.js";
import { lossOf } from "./models.js";

setDefaultBackend(cpu());

const [T, B, I, H] = [4, 2, 3, 2];
const gates = { RNN: 1, LSTM: 4, GRU: 3 };
type Kind = keyof typeof gates;

/** A recurrent node in float64, which ONNX Runtime does not run and central differences need. */
function file(kind: Kind, attributes: Readonly<Record<string, AttributeValue>>, peephole: boolean): Uint8Array {
  const D = attributes.direction === "bidirectional" ? 2 : 1;
  const rows = gates[kind] * H;
  const weight = (name: string, dims: number[], seed: number): ReturnType<typeof doubles> =>
    doubles(
      name,
      dims,
      numbers(
        dims.reduce((a, b) => a * b, 1),
        seed,
      ),
    );
  const initializer = [weight("W", [D, rows, I], 1), weight("R", [D, rows, H], 2), weight("B", [D, 2 * rows], 3)];
  const inputs = ["x", "W", "R", "B"];
  if (peephole) {
    initializer.push(weight("P", [D, 3 * H], 4));
    inputs.push("", "", "", "P");
  }
  return model({
    initializer,
    input: [info("x", ["time", "batch", I], "float64")],
    output: [info("Y", null, "float64"), info("Y_h", null, "float64")],
    node: [node(kind, inputs, ["Y", "Y_h"], { hidden_size: H, ...attributes })],
  });
}

const cases: readonly (readonly [what: string, Kind, Readonly<Record<string, AttributeValue>>, peephole: boolean])[] = [
  ["fused", "LSTM", { direction: "bidirectional" }, false],
  ["fused", "GRU", { linear_before_reset: 1 }, false],
  ["peepholes", "LSTM", { direction: "bidirectional" }, true],
  ["clip", "LSTM", { clip: { float: 0.7 } }, false],
  ["clip", "GRU", { clip: { float: 0.7 }, direction: "reverse" }, false],
  ["clip, reset after", "GRU", { clip: { float: 0.7 }, linear_before_reset: 1 }, false],
  ["softplus", "RNN", { activations: ["Softplus"], direction: "reverse" }, false],
  ["hard sigmoid", "GRU", { activations: ["HardSigmoid", "Softsign"] }, false],
];

describe("gradients of an imported model are those of central differences", () => {
  test.each(cases)("%s %s %o", (_, kind, attributes, peephole) => {
    const imported = importOnnx(file(kind, attributes, peephole));
    const { data } = random([T, B, I], 7);
    const x = tensor(Float64Array.from(data), { shape: [T, B, I] });
    const named = [...imported.namedParameters()];
    const result = gradCheck((input: Tensor) => lossOf(imported.run({ x: input })), [x]);
    expect(result.ok).toBe(true);
    imported.zeroGrad();
    lossOf(imported.run({ x })).backward();
    const eps = 1e-6;
    for (const [name, parameter] of named) {
      const gradient = parameter.grad?.dataSync();
      const before = Float64Array.from(parameter.dataSync());
      for (let i = 0; i < before.length; i++) {
        const at = (value: number): number => {
          const moved = before.slice();
          moved[i] = value;
          noGrad(() => parameter.assign_(tensor(moved, { shape: parameter.shape })));
          return noGrad(() => lossOf(imported.run({ x })).item());
        };
        const difference = (at(before[i] + eps) - at(before[i] - eps)) / (2 * eps);
        expect(Math.abs((gradient?.[i] ?? Number.NaN) - difference), `${name}[${i}]`).toBeLessThan(
          1e-6 * Math.max(1, Math.abs(difference)),
        );
      }
      noGrad(() => parameter.assign_(tensor(before, { shape: parameter.shape })));
    }
  });
});
