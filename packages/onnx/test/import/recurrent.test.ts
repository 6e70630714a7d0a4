import { onnxToGraph } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { expectClose, numbers, random } from "../numbers.js";
import { type Host, host } from "../values.js";
import { type AttributeValue, floats, info, model, node, withInputs } from "./model-maker.js";
import { interpret, runFile } from "./round-trip.js";

const [T, B, I, H] = [5, 3, 2, 4];
const gates = { RNN: 1, LSTM: 4, GRU: 3 };
type Kind = keyof typeof gates;

interface Variant {
  readonly what: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly peephole?: boolean;
  readonly states?: boolean;
  readonly bias?: false;
  readonly lengths?: readonly number[];
  readonly scale?: number;
}

function file(kind: Kind, { attributes = {}, ...v }: Variant): { bytes: Uint8Array; feeds: Record<string, Host> } {
  const D = attributes.direction === "bidirectional" ? 2 : 1;
  const rows = gates[kind] * H;
  const weight = (name: string, dims: number[], seed: number): ReturnType<typeof floats> =>
    floats(
      name,
      dims,
      numbers(
        dims.reduce((a, b) => a * b, 1),
        seed,
      ).map((value) => value * (v.scale ?? 1)),
    );
  const feeds: Record<string, Host> = { x: random([T, B, I], 9) };
  const initializer = [weight("W", [D, rows, I], 1), weight("R", [D, rows, H], 2)];
  if (v.bias !== false) initializer.push(weight("B", [D, 2 * rows], 3));
  if (v.peephole) initializer.push(weight("P", [D, 3 * H], 4));
  const states = v.states ? (kind === "LSTM" ? ["h0", "c0"] : ["h0"]) : [];
  for (const [i, name] of states.entries()) feeds[name] = random([D, B, H], 20 + i, 0.5);
  if (v.lengths) feeds.lengths = host("int32", [B], v.lengths);
  const inputs = [
    "x",
    "W",
    "R",
    v.bias === false ? "" : "B",
    v.lengths ? "lengths" : "",
    states[0] ?? "",
    states[1] ?? "",
  ];
  const outputs = kind === "LSTM" ? ["Y", "Y_h", "Y_c"] : ["Y", "Y_h"];
  const bytes = model({
    initializer,
    input: Object.entries(feeds).map(([name, { shape, dtype }]) => info(name, shape, dtype)),
    output: outputs.map((name) => info(name, null)),
    node: [
      node(kind, v.peephole ? [...inputs, "P"] : inputs.slice(0, kind === "LSTM" ? 7 : 6), outputs, {
        hidden_size: H,
        ...attributes,
      }),
    ],
  });
  return { bytes, feeds };
}

const ways: readonly Variant[] = ["forward", "reverse", "bidirectional"].map((direction) => ({
  what: direction,
  attributes: { direction },
}));
const common: readonly Variant[] = [
  ...ways,
  { what: "no bias", bias: false },
  {
    what: "initial states, both ways, ragged",
    states: true,
    lengths: [5, 2, 4],
    attributes: { direction: "bidirectional" },
  },
  { what: "clip", attributes: { clip: { float: 0.3 } }, scale: 2 },
  {
    what: "clip, both ways, initial states, ragged",
    attributes: { clip: { float: 0.4 }, direction: "bidirectional" },
    states: true,
    lengths: [1, 5, 3],
  },
];
const lstm = (f: string, g: string, h: string): readonly string[] => [f, g, h];
const variants: { readonly [K in Kind]: readonly Variant[] } = {
  RNN: [
    ...common,
    ...["Sigmoid", "Softsign", "Softplus", "LeakyRelu", "HardSigmoid", "Elu"].map((name) => ({
      what: name,
      attributes: { activations: [name] },
    })),
    {
      what: "activations with parameters, one a direction",
      attributes: {
        activations: ["LeakyRelu", "HardSigmoid"],
        activation_alpha: { floats: [0.2, 0.3] },
        activation_beta: { floats: [0.4] },
        direction: "bidirectional",
      },
    },
    {
      what: "Affine",
      attributes: {
        activations: ["Affine"],
        activation_alpha: { floats: [0.3] },
        activation_beta: { floats: [0.1] },
      },
    },
    {
      what: "ThresholdedRelu",
      attributes: { activations: ["ThresholdedRelu"], activation_alpha: { floats: [0.2] } },
    },
    {
      what: "ScaledTanh",
      attributes: {
        activations: ["ScaledTanh"],
        activation_alpha: { floats: [1.5] },
        activation_beta: { floats: [0.7] },
      },
    },
  ],
  LSTM: [
    ...common,
    { what: "peepholes", peephole: true },
    {
      what: "peepholes, clip, both ways, ragged",
      peephole: true,
      lengths: [2, 5, 1],
      attributes: { clip: { float: 0.5 }, direction: "bidirectional" },
    },
    { what: "hard sigmoid", attributes: { activations: lstm("HardSigmoid", "Tanh", "Tanh") } },
    { what: "relu inside", attributes: { activations: lstm("Sigmoid", "Relu", "Softsign") } },
  ],
  GRU: [
    ...common,
    ...[0, 1].map((before) => ({
      what: `linear_before_reset ${before}, hard sigmoid, reverse, ragged`,
      lengths: [3, 5, 2],
      attributes: { linear_before_reset: before, activations: ["HardSigmoid", "Tanh"], direction: "reverse" },
    })),
    ...[0, 1].map((before) => ({
      what: `linear_before_reset ${before}`,
      states: true,
      attributes: { linear_before_reset: before },
    })),
    ...[0, 1].map((before) => ({
      what: `linear_before_reset ${before}, clip`,
      states: true,
      attributes: { linear_before_reset: before, clip: { float: 0.25 } },
    })),
  ],
};

describe.each(Object.keys(variants) as Kind[])("%s as ONNX Runtime computes it", (kind) => {
  test.each(variants[kind].map((variant) => [variant.what, variant] as const))("%s", async (_, variant) => {
    const { bytes, feeds } = file(kind, variant);
    const [actual, expected] = [await interpret(onnxToGraph(bytes), feeds), await runFile(bytes, feeds)];
    for (const [name, { shape, data }] of Object.entries(expected)) {
      expect(actual[name].shape).toEqual(shape);
      expectClose(actual[name].data, data, 1e-5);
    }
  });

  test("layout 1 is the same with batch and time swapped", async () => {
    const swap = ({ shape: [a, b, ...rest], data, dtype }: Host): Host => {
      const inner = rest.reduce((x, y) => x * y, 1);
      const turned = data.slice();
      for (let i = 0; i < a; i++)
        for (let j = 0; j < b; j++)
          turned.set(data.subarray((i * b + j) * inner, (i * b + j + 1) * inner), (j * a + i) * inner);
      return { shape: [b, a, ...rest], data: turned, dtype };
    };
    const attributes = { direction: "bidirectional" };
    const variant = { what: "", states: true, lengths: [4, 5, 1] };
    const plain = file(kind, { ...variant, attributes });
    const { bytes } = file(kind, { ...variant, attributes: { ...attributes, layout: 1 } });
    const turned = Object.fromEntries(
      Object.entries(plain.feeds).map(([name, x]) => [name, name === "lengths" ? x : swap(x)]),
    );
    const batchFirst = remade(bytes, turned);
    const [expected, actual] = [
      await interpret(onnxToGraph(plain.bytes), plain.feeds),
      await interpret(onnxToGraph(batchFirst), turned),
    ];
    // [T, D, B, H] becomes [B, T, D, H]: swap the last of the three leading axes forward one place at a time.
    const y = expected.Y;
    const [steps, D] = y.shape;
    const folded = swap({ ...y, shape: [steps * D, B, H] });
    expect(actual.Y.shape).toEqual([B, steps, D, H]);
    expectClose(actual.Y.data, folded.data, 0);
    expectClose(actual.Y_h.data, swap(expected.Y_h).data, 0);
  });
});

test("activations without their parameters, and input_forget, are refused with the reason", () => {
  for (const name of ["Affine", "ThresholdedRelu", "ScaledTanh"])
    expect(() => onnxToGraph(file("RNN", { what: "", attributes: { activations: [name] } }).bytes)).toThrow(
      /without activation_alpha.*runtimes differ/,
    );
  expect(() => onnxToGraph(file("LSTM", { what: "", attributes: { input_forget: 1 } }).bytes)).toThrow(
    /input_forget 1: runtimes differ/,
  );
});

/** The file with the shapes of other inputs. */
function remade(bytes: Uint8Array, feeds: Readonly<Record<string, Host>>): Uint8Array {
  return withInputs(
    bytes,
    Object.entries(feeds).map(([name, { shape, dtype }]) => info(name, shape, dtype)),
  );
}
