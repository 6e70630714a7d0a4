import type { FusedCompute } from "../../fused/fused-compute.js";
import type { TensorFlowDevice } from "../device.js";
import { gruAfter } from "./gru-after.js";
import { gruBefore } from "./gru-before.js";
import { hasElements } from "./sizes.js";

/** The GRU, with the reset gate after the recurrent product or before it. */
export function gruSequence(tf: TensorFlowDevice): FusedCompute<"gruSequence"> {
  const [after, before] = [gruAfter(tf), gruBefore(tf)];
  return {
    accepts: hasElements,
    forward(device, inputs, call, save) {
      return (call.attrs.resetAfter ? after : before).forward(device, inputs, call, save);
    },
    backward(device, cotangents, inputs, outputs, reserve, call, wanted) {
      const gru = call.attrs.resetAfter ? after : before;
      return gru.backward(device, cotangents, inputs, outputs, reserve, call, wanted);
    },
  };
}
