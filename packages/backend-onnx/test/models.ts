import { info, model, node } from "../../onnx/test/import/model-maker.js";
import { random } from "../../onnx/test/numbers.js";

const sizes = { input: 3, hidden: 4 };

function weights(): Parameters<typeof model>[0]["initializer"] {
  const { input, hidden } = sizes;
  const made = { W: [1, 4 * hidden, input], R: [1, 4 * hidden, hidden], B: [1, 8 * hidden] };
  return Object.entries(made).map(([name, dims], i) => ({
    name,
    dims: dims.map(BigInt),
    dataType: 1,
    floatData: Array.from(random(dims, i + 1).data),
  }));
}

/** x [time, batch, 3] and the state h, c [1, batch, 4]; y [time, 1, batch, 4] and the state after it. */
export function lstmModel(
  metadata: unknown = [
    { name: "h", input: "h", output: "h.next" },
    { name: "c", input: "c", output: "c.next" },
  ],
  stateShape: (string | number)[] | null = [1, "batch", sizes.hidden],
): Uint8Array {
  const text = typeof metadata === "string" ? metadata : JSON.stringify(metadata);
  return model(
    {
      node: [
        node("LSTM", ["x", "W", "R", "B", "", "h", "c"], ["y", "h.next", "c.next"], { hidden_size: sizes.hidden }),
      ],
      initializer: weights() ?? [],
      input: [info("x", ["time", "batch", sizes.input]), info("h", stateShape), info("c", stateShape)],
      output: [
        info("y", ["time", 1, "batch", sizes.hidden]),
        info("h.next", [1, "batch", sizes.hidden]),
        info("c.next", [1, "batch", sizes.hidden]),
      ],
    },
    17,
    {
      metadataProps: [
        { key: "unrolled.state", value: text },
        { key: "author", value: "test" },
      ],
    },
  );
}

/** y = a + b. */
export function addModel(
  a: Parameters<typeof info>[1],
  b: Parameters<typeof info>[1],
  y: Parameters<typeof info>[1],
  type: Parameters<typeof info>[2] = "float32",
): Uint8Array {
  return model({
    node: [node("Add", ["a", "b"], ["y"])],
    input: [info("a", a, type), info("b", b, type)],
    output: [info("y", y, type)],
  });
}
