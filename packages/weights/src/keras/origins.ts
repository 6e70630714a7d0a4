import { formatShape, type HostTensor, type Shape, ShapeError } from "@unrolled/backend";
import type { LoadWords } from "@unrolled/nn";
import type { KerasPart } from "./layers.js";
import { inside } from "./pairs.js";

/** The Keras array that a parameter comes from. */
interface Origin {
  readonly path: string;
  readonly weight: string;
  readonly shape: Shape;
  readonly module: string;
}

type Tensors = Readonly<Record<string, HostTensor>>;

/** Keras's name of the array that a part's parameter comes from. */
function weightOf(parameter: string, weights: readonly string[]): string {
  if (parameter.startsWith("weight_ih")) return "kernel";
  if (parameter.startsWith("weight_hh")) return "recurrent_kernel";
  if (parameter.startsWith("bias_")) return "bias";
  return weights[parameter === "weight" ? 0 : 1];
}

/** A shape of the model as Keras has it: kernels transposed, both biases of a GRU in the rows of one array. */
function inKeras(shape: Shape, { weight, shape: found }: Origin): Shape {
  if (weight.endsWith("kernel")) return [...shape].reverse();
  return weight === "bias" && found.length === 2 ? [2, ...shape] : shape;
}

/** Parameters made from Keras's arrays, and where each comes from, so that errors speak of what Keras has. */
export class Converted {
  readonly state: Record<string, HostTensor> = Object.create(null);
  readonly #origins: Map<string, Origin> = new Map<string, Origin>();

  /**
   * @param paths what messages call each array
   * @throws ShapeError if the arrays do not fit each other
   */
  add(module: string, part: KerasPart, arrays: Tensors, paths: ReadonlyMap<string, string>): void {
    for (const [parameter, tensor] of Object.entries(this.#convert(module, part, arrays, paths))) {
      if (tensor === undefined) continue;
      const weight = weightOf(parameter, part.weights);
      const path = paths.get(weight) ?? weight;
      this.state[inside(module, parameter)] = tensor;
      this.#origins.set(inside(module, parameter), { path, weight, shape: arrays[weight].shape, module });
    }
  }

  #convert(module: string, part: KerasPart, arrays: Tensors, paths: ReadonlyMap<string, string>): Tensors {
    try {
      return part.fromKeras(arrays);
    } catch (cause) {
      if (!(cause instanceof ShapeError)) throw cause;
      const found = Object.entries(arrays).map(
        ([name, { shape }]) => `${paths.get(name) ?? name} ${formatShape(shape)}`,
      );
      const what = `${found.join(", ")} cannot be those of ${module || "the module"}`;
      throw new ShapeError("fromKeras", `${what} (${cause.message})`, "match the layers in { layers }", { cause });
    }
  }

  /** How errors about these parameters are worded. */
  get words(): LoadWords {
    return {
      misshaped: ({ key, inFile, inModel }) => {
        const origin = this.#origins.get(key);
        if (origin === undefined) return `${key} is ${formatShape(inFile)}, in the model ${formatShape(inModel)}`;
        const wanted = formatShape(inKeras(inModel, origin));
        return `${origin.path} is ${formatShape(origin.shape)}, and ${origin.module || "the module"} takes ${wanted}`;
      },
      remedy:
        "make the modules as large as Keras's layers, and match them in { layers }; { strict: false } passes over missing and unexpected arrays",
    };
  }
}
