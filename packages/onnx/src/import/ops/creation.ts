import { isFloat } from "@unrolled/backend";
import type { ImportCall, Importers } from "../import-call.js";
import { CannotImport, graphDType, type HostConstant, type Operand } from "../operand.js";
import { elementType, elementTypeName } from "../read-tensor.js";

function cast(c: ImportCall): readonly Operand[] {
  const number = c.int("to", 0);
  // Decides how numbers too large for float8 are cast, which graphs do not have.
  c.int("saturate", 1);
  const type = elementType(number);
  if (!type) throw new CannotImport(`casts to ${elementTypeName(number)}`);
  const x = c.in(0);
  if (x.type === type) return [x];
  if (x.constant && x.type === "int64" && type === "int32") {
    const narrow = c.b.constant({ ...x.constant, type, data: Int32Array.from(x.constant.data) });
    return [narrow];
  }
  if (x.constant && !isFloat(x.dtype) && type === "int64")
    return [c.b.constant({ ...x.constant, type, data: Float64Array.from(x.constant.data) })];
  const dtype = graphDType(type);
  const made = x.dtype === dtype ? x : c.b.apply("cast", [x], { dtype });
  return [c.b.retyped(made, type)];
}

function constant(c: ImportCall): readonly Operand[] {
  const scalar = (type: HostConstant["type"], data: HostConstant["data"]): readonly Operand[] => [
    c.b.constant({ shape: [], type, data }),
  ];
  const list = (type: HostConstant["type"], data: HostConstant["data"]): readonly Operand[] => [
    c.b.constant({ shape: [data.length], type, data }),
  ];
  if (c.has("value_float")) return scalar("float32", Float32Array.of(c.float("value_float", 0)));
  if (c.has("value_floats")) return list("float32", Float32Array.from(c.floats("value_floats")));
  if (c.has("value_int")) return scalar("int64", Float64Array.of(c.int("value_int", 0)));
  if (c.has("value_ints")) return list("int64", Float64Array.from(c.ints("value_ints", [])));
  const value = c.operand("value");
  if (!value) throw new CannotImport("a constant that is neither a dense tensor nor a number");
  return [value];
}

function constantOfShape(c: ImportCall): readonly Operand[] {
  const shape = c.integers(0, "the shape");
  const value = c.tensor("value");
  if (value && value.data.length !== 1) throw c.broken(`has a value of ${value.data.length} elements`, "give one");
  return [c.b.filled(value?.data[0] ?? 0, shape, value?.type ?? "float32")];
}

function range(c: ImportCall): readonly Operand[] {
  const type = c.in(0).type;
  const [start, limit, delta] = [0, 1, 2].map((i) => {
    const { data, type: other } = c.known(i, "the range");
    if (data.length !== 1 || other !== type)
      throw c.broken("has bounds that are no scalars of one type", "give three numbers");
    return data[0];
  });
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(length < 2 ** 24)) throw c.broken(`counts ${start}, ${delta}, ... to ${limit}`, "use fewer than 2^24 numbers");
  return [c.b.counted(start, delta, length, type)];
}

/** Inference drops nothing. The mask, where asked for, is true everywhere. */
function dropout(c: ImportCall): readonly Operand[] {
  if (c.optional(2) && c.known(2, "training_mode").data[0] !== 0)
    throw new CannotImport("training_mode is on; export the model for inference");
  c.int("seed", 0);
  c.float("ratio", 0.5);
  const x = c.in(0);
  return c.outputs.length > 1 ? [x, c.b.filled(1, x.shape, "bool")] : [x];
}

export const creation: Importers = {
  Identity: { inputs: [1, 1], build: (c) => [c.in(0)] },
  Cast: { inputs: [1, 1], build: cast },
  Constant: { inputs: [0, 0], build: constant },
  ConstantOfShape: { inputs: [1, 1], build: constantOfShape },
  Range: { inputs: [3, 3], build: range },
  Dropout: { inputs: [1, 3], build: dropout },
};
