import type { ImportCall, Importer, Importers } from "../import-call.js";
import type { Operand } from "../operand.js";
import { activations } from "./activations.js";

/** An activation as an operator of its own; `alpha` and `beta` are its defaults there. */
const alone = (name: string, alpha?: number, beta?: number): Importer => ({
  inputs: [1, 1],
  build: (c: ImportCall): readonly Operand[] => {
    const parameter = (attribute: string, fallback: number | undefined): number =>
      fallback === undefined ? 0 : c.float(attribute, fallback);
    return [activations[name].make(c, c.in(0), parameter("alpha", alpha), parameter("beta", beta))];
  },
});

export const activationOps: Importers = {
  HardSigmoid: alone("hardsigmoid", 0.2, 0.5),
  LeakyRelu: alone("leakyrelu", 0.01),
  Elu: alone("elu", 1),
  Softplus: alone("softplus"),
  Softsign: alone("softsign"),
};
