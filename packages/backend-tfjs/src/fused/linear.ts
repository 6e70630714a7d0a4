import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type Meta, sizeOf } from "@unrolled/backend";
import type { Device } from "../device.js";
import type { FusedCompute } from "./fused-compute.js";
import { product, right, rightSwapped, swapped } from "./host/products.js";
import { columnSums, copyOf } from "./host/sequence.js";

/** x weight^T + bias: one product, with the bias inside. Backward needs only the inputs. */
export const linear: FusedCompute<"linear"> = {
  accepts: ({ in: [x, weight] }) => sizeOf(x.shape) > 0 && sizeOf(weight.shape) > 0,

  forward(device, [x, weight, bias], call) {
    const rows = rowsOf(device, x, call.in[1]);
    return { out: [product(device, rows, rightSwapped(device, weight), bias && biasOf(device, bias))], reserve: [] };
  },

  backward(device, [dy], [x, weight, bias], _outputs, _reserve, call, wanted) {
    const [O, I] = call.in[1].shape;
    if (dy === null) {
      const zeros = (shape: readonly number[], want: boolean) => (want ? device.fill(shape, 0, "float32") : null);
      return [zeros(call.in[0].shape, wanted[0]), zeros([O, I], wanted[1]), zeros([O], wanted[2] && bias !== null)];
    }
    const rows = sizeOf(call.in[0].shape) / I;
    const cotangent = device.view(dy, [rows, O]);
    return [
      wanted[0] ? product(device, cotangent, right(device, weight)) : null,
      wanted[1] ? product(device, swapped(device, cotangent), right(device, device.view(x, [rows, I]))) : null,
      wanted[2] && bias
        ? device.hasHostMemory
          ? columnSums(device, cotangent)
          : device.run("Sum", { x: cotangent }, { axis: [0], keepDims: false })
        : null,
    ];
  },
};

/** The wasm engine looks at the shape that a bias was made with, whatever it is seen as now. */
function biasOf(device: Device, bias: TensorInfo): TensorInfo {
  return device.hasHostMemory ? copyOf(device, bias) : bias;
}

function rowsOf(device: Device, x: TensorInfo, weight: Meta): TensorInfo {
  const I = weight.shape[1];
  return device.view(x, [sizeOf(x.shape) / I, I]);
}
