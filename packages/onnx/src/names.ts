import { type GraphBinding, GraphError } from "@unrolled/backend";

/** All names of inputs and outputs, each of which must be unique in an ONNX graph. */
export function checkNames(inputs: readonly GraphBinding[], outputs: readonly GraphBinding[]): Set<string> {
  const names = new Set<string>();
  const seen = new Set<unknown>();
  for (const { name, value } of inputs) {
    if (seen.has(value)) {
      throw new GraphError(
        "graphToOnnx",
        `input "${name}" binds a value that has another name already`,
        "bind it once",
      );
    }
    seen.add(value);
  }
  for (const { name } of [...inputs, ...outputs]) {
    if (name === "" || names.has(name)) {
      const problem =
        name === "" ? "an input, output or state has no name" : `the name "${name}" stands for two tensors`;
      throw new GraphError(
        "graphToOnnx",
        problem,
        "give each input, output and state a name of its own; a state s also takes s.next",
      );
    }
    names.add(name);
  }
  return names;
}
