import { GraphError } from "@unrolled/backend";
import { onnxToGraph } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { expectClose, random } from "../numbers.js";
import type { Host } from "../values.js";
import { type AttributeValue, floats, type GraphInit, info, model, node } from "./model-maker.js";
import { interpret, runFile } from "./round-trip.js";

/** ONNX Runtime wants other names in every graph. */
const named = (where: string, nodes: NonNullable<GraphInit["node"]>): NonNullable<GraphInit["node"]> =>
  nodes.map((one, i) => ({ ...one, name: `${where} ${i}` }));

/** h' = tanh(x W + h), y = 2 h', with W from the graph around. */
const cell: GraphInit = {
  input: [info("h", [2, 3]), info("slice", [2, 4])],
  output: [info("next", [2, 3]), info("twice", [2, 3])],
  node: named("cell", [
    node("MatMul", ["slice", "W"], ["xw"]),
    node("Add", ["xw", "h"], ["sum"]),
    node("Tanh", ["sum"], ["next"]),
    node("Add", ["next", "next"], ["twice"]),
  ]),
};
const weights = floats(
  "W",
  [4, 3],
  Array.from({ length: 12 }, (_, i) => Math.sin(i)),
);

function scanned(
  attributes: Readonly<Record<string, AttributeValue>>,
  shape: readonly number[],
  body = cell,
): Uint8Array {
  return model({
    initializer: [weights],
    input: [info("h0", [2, 3]), info("x", shape)],
    output: [info("h", null), info("y", null)],
    node: [node("Scan", ["h0", "x"], ["h", "y"], { body: { graph: body }, num_scan_inputs: 1, ...attributes })],
  });
}

async function expectSame(bytes: Uint8Array, feeds: Readonly<Record<string, Host>>): Promise<void> {
  const [actual, expected] = [await interpret(onnxToGraph(bytes), feeds), await runFile(bytes, feeds)];
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(actual[name].shape).toEqual(shape);
    expectClose(actual[name].data, data, 1e-5);
  }
}

describe("Scan as ONNX Runtime computes it", () => {
  const h0 = random([2, 3], 2);
  test.each([
    ["forwards", {}, [5, 2, 4]],
    ["backwards", { scan_input_directions: [1], scan_output_directions: [1] }, [5, 2, 4]],
    ["in backwards, out forwards", { scan_input_directions: [1] }, [5, 2, 4]],
    ["in forwards, out backwards", { scan_output_directions: [1] }, [5, 2, 4]],
    ["along other axes", { scan_input_axes: [1], scan_output_axes: [-1] }, [2, 5, 4]],
    ["one step", {}, [1, 2, 4]],
  ] as const)("%s", async (_, attributes, shape) => {
    await expectSame(scanned(attributes, shape), { h0, x: random(shape, 3) });
  });

  test("several states and sequences, initialisers and constants of the body, no results", async () => {
    const body: GraphInit = {
      input: [info("a", [2]), info("b", [2]), info("p", [2]), info("q", [2])],
      output: [info("a2", [2]), info("b2", [2])],
      initializer: [floats("half", [2], [0.5, 0.25])],
      node: named("cell", [
        node("Mul", ["p", "half"], ["ph"]),
        node("Add", ["a", "ph"], ["a2"]),
        node("Sub", ["b", "a2"], ["bq"]),
        node("Add", ["bq", "q"], ["b2"]),
      ]),
    };
    const bytes = model({
      input: [info("a0", [2]), info("b0", [2]), info("x", [4, 2]), info("z", [2, 4])],
      output: [info("a", null), info("b", null)],
      node: [
        node("Scan", ["a0", "b0", "x", "z"], ["a", "b"], {
          body: { graph: body },
          num_scan_inputs: 2,
          scan_input_axes: [0, 1],
          scan_input_directions: [0, 1],
        }),
      ],
    });
    await expectSame(bytes, { a0: random([2], 1), b0: random([2], 2), x: random([4, 2], 3), z: random([2, 4], 4) });
  });

  test("a scan in a scan", async () => {
    const inner: GraphInit = {
      input: [info("s", []), info("v", [])],
      output: [info("s2", []), info("o", [])],
      node: named("inner", [
        node("Mul", ["s", "v"], ["sv"]),
        node("Add", ["sv", "k"], ["s2"]),
        node("Tanh", ["s2"], ["o"]),
      ]),
    };
    const outer: GraphInit = {
      input: [info("k", []), info("row", [3])],
      output: [info("k2", []), info("os", [3])],
      node: named("outer", [node("Scan", ["k", "row"], ["k2", "os"], { body: { graph: inner }, num_scan_inputs: 1 })]),
    };
    const bytes = model({
      input: [info("k0", []), info("x", [4, 3])],
      output: [info("last", null), info("all", null)],
      node: [node("Scan", ["k0", "x"], ["last", "all"], { body: { graph: outer }, num_scan_inputs: 1 })],
    });
    await expectSame(bytes, { k0: random([], 1), x: random([4, 3], 2) });
  });
});

test("what a body cannot say is listed with the scan around it", () => {
  const body = { ...cell, node: [node("Wobble", ["slice"], ["xw"]), ...(cell.node ?? []).slice(1)] };
  expect(() => onnxToGraph(scanned({}, [5, 2, 4], body))).toThrow(GraphError);
  expect(() => onnxToGraph(scanned({}, [5, 2, 4], body))).toThrow(
    /1 node has.*"the Scan" \(Scan\): node 0 "the Wobble"/,
  );
});

test("Loop and If are refused with the reason", () => {
  const bytes = model({
    input: [info("x", [1])],
    output: [info("y", null)],
    node: [node("If", ["x"], ["y"]), node("Loop", ["", "", "x"], ["z"])],
  });
  expect(() => onnxToGraph(bytes)).toThrow(/2 nodes have.*only Scan.*only Scan/);
});
