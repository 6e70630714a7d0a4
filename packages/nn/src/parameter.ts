import { BackendError, DTypeError } from "@unrolled/backend";
import { retainBuffer, Tensor } from "@unrolled/core";
import { requireTensor } from "./require-tensor.js";

/**
 * A tensor that a module learns: assigning one to a module's property registers it.
 *
 * @throws BackendError if the source was disposed of
 * @throws DTypeError for a dtype without gradients, unless requiresGrad is false
 * @example
 * class Scale extends Module {
 *   factor = new Parameter(tensor([1]));
 *   override forward(x: Tensor): Tensor {
 *     return x.mul(this.factor);
 *   }
 * }
 */
export class Parameter extends Tensor {
  /** @param source the initial elements; float32 or float64 */
  constructor(source: Tensor, { requiresGrad = true }: { readonly requiresGrad?: boolean } = {}) {
    requireTensor("Parameter", "source", source);
    const { buffer, backend } = source;
    if (buffer === null) throw new BackendError("Parameter", "the source was disposed of", "make the parameter first");
    if (requiresGrad && source.dtype !== "float32" && source.dtype !== "float64") {
      throw new DTypeError(
        "Parameter",
        `${source.dtype} has no gradient`,
        "use float32 or float64, or requiresGrad: false",
      );
    }
    retainBuffer(backend, buffer);
    super(backend, buffer, source.shape, source.dtype);
    this.kept = true;
    this.requiresGrad = requiresGrad;
  }
}

/**
 * A tensor that belongs to a module's state but is not learned, such as a running mean.
 *
 * @example
 * class Mean extends Module {
 *   mean = new Buffer(zeros([3])); // in stateDict(), not in parameters()
 *   override forward(x: Tensor): Tensor {
 *     return x.sub(this.mean);
 *   }
 * }
 */
export class Buffer extends Parameter {
  constructor(source: Tensor) {
    super(source, { requiresGrad: false });
  }
}
