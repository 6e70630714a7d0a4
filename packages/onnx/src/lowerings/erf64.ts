import type { ModelBuilder, Operand } from "../builder.js";
import { productOf } from "../sizes.js";

const points = 40;
/** erf(6) rounds to 1 in float64. */
const saturation = 6;

/**
 * erf in float64, for which ONNX Runtime has no kernel: 2x/sqrt(pi) times the integral of exp(-(x t)^2) over t in [0, 1],
 * by Gauss-Legendre quadrature.
 */
export function erf64(b: ModelBuilder, x: Operand): string {
  const { nodes, weights } = gaussLegendre(points);
  const squares = b.shared("erf64_squares", () =>
    b.initializer(
      "erf64_squares",
      Float64Array.from(nodes, (t) => -t * t),
      [points],
      "float64",
    ),
  );
  const factors = b.shared("erf64_weights", () =>
    b.initializer(
      "erf64_weights",
      Float64Array.from(weights, (w) => (2 * w) / Math.sqrt(Math.PI)),
      [points, 1],
      "float64",
    ),
  );
  const beyond = b.node("Greater", [b.node("Abs", [x.name]), b.scalar(saturation, "float64")]);
  const limit = b.node("Mul", [b.node("Sign", [x.name]), b.scalar(saturation, "float64")]);
  const clamped = b.node("Where", [beyond, limit, x.name]);
  const squared = b.unsqueeze(b.node("Mul", [clamped, clamped]), [-1]);
  const integrand = b.node("Exp", [b.node("Mul", [squared, squares])]);
  const rows = b.reshape(integrand, [-1, points]);
  const column = { name: b.node("MatMul", [rows, factors]), sizes: [productOf(x.sizes), 1] };
  const integral = b.reshapeTo(column, x.sizes);
  return b.node("Mul", [clamped, integral]);
}

/** Nodes and weights on [0, 1], by Newton's method on the Legendre polynomial. */
function gaussLegendre(n: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < n; i++) {
    let z = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let round = 0; round < 8; round++) {
      let [previous, current] = [1, z];
      for (let k = 2; k <= n; k++)
        [previous, current] = [current, ((2 * k - 1) * z * current - (k - 1) * previous) / k];
      slope = (n * (z * current - previous)) / (z * z - 1);
      z -= current / slope;
    }
    nodes.push((1 + z) / 2);
    weights.push(1 / ((1 - z * z) * slope * slope));
  }
  return { nodes, weights };
}
