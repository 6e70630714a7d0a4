import { ArgumentError, FormatError } from "@unrolled/backend";
import type { ValueInfoProto } from "onnx-buf";
import type { ElementType } from "./operand.js";
import { elementType, elementTypeName } from "./read-tensor.js";

const caller = "onnxToGraph";
const largestSize = 2n ** 31n - 1n;

/** The declared type of an input or output: a size, a name, or (neither known) null for each dimension. */
export interface Declared {
  readonly type: ElementType;
  readonly dims: readonly (number | string | null)[] | null;
}

export function declared(info: ValueInfoProto, role: "input" | "output"): Declared {
  const where = `${role} "${info.name}"`;
  const value = info.type?.value;
  if (value?.case !== "tensorType")
    throw new FormatError(
      caller,
      `${where} is ${value?.case ?? "without a type"}`,
      "inputs and outputs must be tensors",
    );
  const { elemType, shape } = value.value;
  const type = elementType(elemType);
  if (!type)
    throw new FormatError(
      caller,
      `${where} has element type ${elementTypeName(elemType)}`,
      "graphs have float32, float64, int32, int64 and bool",
    );
  const dims = shape?.dim.map(({ value: dim }) => {
    if (dim.case === "dimParam" && dim.value !== "") return dim.value;
    if (dim.case !== "dimValue" || dim.value < 0n) return null;
    if (dim.value > largestSize)
      throw new FormatError(caller, `${where} has a dimension of ${dim.value}`, `use at most ${largestSize}`);
    return Number(dim.value);
  });
  return { type, dims: dims ?? null };
}

/** The shapes of all inputs, with sizes from `dims` for what the file leaves open; a dimension without a name is `x[0]`. */
export function inputShapes(
  inputs: readonly ValueInfoProto[],
  dims: Readonly<Record<string, number>>,
): { type: ElementType; shape: number[] }[] {
  const open = new Set<string>();
  const missing = new Set<string>();
  for (const [name, size] of Object.entries(dims)) {
    if (!Number.isInteger(size) || size < 0 || size > largestSize)
      throw new ArgumentError(caller, `dims.${name} is ${size}`, "give a non-negative integer");
  }
  const shapes = inputs.map((info) => {
    const { type, dims: list } = declared(info, "input");
    if (!list) throw new FormatError(caller, `input "${info.name}" has no shape`, "export the model with shapes");
    const shape = list.map((dim, i) => {
      if (typeof dim === "number") return dim;
      const name = dim ?? `${info.name}[${i}]`;
      open.add(name);
      if (!Object.hasOwn(dims, name)) missing.add(name);
      return dims[name] ?? 0;
    });
    return { type, shape };
  });
  if (missing.size > 0)
    throw new ArgumentError(
      caller,
      `the sizes of ${[...missing].join(", ")} are not in the file`,
      `give them: { dims: { ${[...missing].map((name) => `${JSON.stringify(name)}: 1`).join(", ")} } }`,
    );
  const unknown = Object.keys(dims).filter((name) => !open.has(name));
  if (unknown.length > 0)
    throw new ArgumentError(
      caller,
      `the inputs have no open dimension ${unknown.join(", ")}`,
      open.size > 0 ? `they are ${[...open].join(", ")}` : "leave dims out",
    );
  return shapes;
}
