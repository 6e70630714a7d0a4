import type { ModelBuilder } from "../../builder.js";
import { int, ints } from "../../proto.js";
import { add, matmul, split, sumOver, transpose, where } from "./arithmetic.js";
import type { Reserve } from "./forward-scan.js";
import { ScanWriter } from "./scan-writer.js";
import type { SequenceOperands } from "./sequence-operands.js";

/** Which inputs of a sequence op want a gradient. */
export interface WantedGradients {
  readonly x: boolean;
  readonly initial: readonly boolean[];
  readonly wIh: boolean;
  readonly wHh: boolean;
  readonly bIh: boolean;
  readonly bHh: boolean;
  readonly wHr: boolean;
}

/** Names of the gradients, `null` where none is wanted. */
export interface SequenceGradients {
  readonly x: string | null;
  readonly initial: readonly (string | null)[];
  readonly wIh: string | null;
  readonly wHh: string | null;
  readonly bIh: string | null;
  readonly bHh: string | null;
  readonly wHr: string | null;
}

/** Whether a gradient is asked for that sums those of the gates over the steps. */
const needsGates = ({ x, wIh, wHh, bIh, bHh }: WantedGradients): boolean => x || wIh || wHh || bIh || bHh;

/** The gradient as a Scan against the forward one's direction, then one product over all steps for each weight. */
export function backwardScan(
  b: ModelBuilder,
  reserve: Reserve,
  cotangents: readonly (string | null)[],
  wanted: WantedGradients,
): SequenceGradients {
  const { operands, running } = reserve;
  const { cell, parameters, reverse } = operands;
  const { dtype } = parameters;
  const [dY, ...dStates] = cotangents;
  const weights = cell.backwardWeights(b, parameters);
  const starts = reserve.initial.map((state, i) => {
    const gradient = dStates[i] ?? null;
    return gradient === null
      ? b.node("Expand", [b.scalar(0, dtype), b.node("Shape", [state])])
      : transpose(b, gradient);
  });

  const scan = new ScanWriter(b, "backward");
  const { body } = scan;
  const arriving = starts.map((name, i) => scan.state(`gradient_${i}`, name, dtype));
  const dySlice = dY === null ? null : scan.slice("dy", dY, dtype);
  const runs = running === null ? null : scan.slice("running", running, "bool");
  const kept = reserve.kept.map((name, i) => scan.slice(`kept_${i}`, name, dtype));
  const zero = (): string => body.scalar(0, dtype);
  const total = dySlice === null ? arriving : [add(body, transpose(body, dySlice), arriving[0]), ...arriving.slice(1)];
  const active = runs === null ? total : total.map((name) => where(body, runs, name, zero()));
  const { previous, gates, projected } = cell.back(body, weights, active, kept);
  const next = runs === null ? previous : previous.map((name, i) => where(body, runs, name, arriving[i]));
  const ofGates = needsGates(wanted) ? gates : [];
  const ofProjection = wanted.wHr && projected !== undefined ? [projected] : [];
  const { last, stacked } = scan.write(next, [...ofGates, ...ofProjection], dtype, !reverse);

  return {
    ...sumsOverSteps(b, reserve, stacked.slice(0, ofGates.length), wanted),
    wHr: ofProjection.length === 0 ? null : projectionGradient(b, reserve, stacked[ofGates.length]),
    initial: last.map((name, i) => (wanted.initial[i] ? transpose(b, name) : null)),
  };
}

/** The gradients that need the gates' gradients [T, rows, B] of all steps. */
function sumsOverSteps(
  b: ModelBuilder,
  { operands, columns, products }: Reserve,
  stacked: readonly string[],
  wanted: WantedGradients,
): Omit<SequenceGradients, "initial" | "wHr"> {
  const { cell, parameters } = operands;
  const { wIh, bIh, bHh, hidden, width: stateWidth } = parameters;
  const inputSize = wIh.shape[1];
  const gates = stacked.map((name, k) => flattened(b, name, cell.gateSizes[k] * hidden));
  const rows = (parts: readonly string[]): string => b.concat(parts, 0);
  const sums = new Map<number, string>();
  const sumOf = (k: number): string => {
    const known = sums.get(k);
    if (known !== undefined) return known;
    const made = sumOver(b, gates[k], 1);
    sums.set(k, made);
    return made;
  };

  let dWIh: string | null = null;
  if (wanted.wIh && columns !== null && inputSize > 0) {
    const width = inputSize + (bIh || bHh ? 1 : 0);
    const right = b.reshape(columns, [-1, width]);
    const parts = cell.inputRows.map((k) => {
      const product = matmul(b, gates[k], right);
      if (width === inputSize) return product;
      const [weight, sum] = split(b, product, [inputSize, 1], 1);
      sums.set(k, sum);
      return weight;
    });
    dWIh = rows(parts);
  }
  const dWHh = wanted.wHh
    ? rows(
        cell.recurrentRows.map(({ gate, by }) =>
          matmul(b, gates[gate], b.reshape(products[by] ?? "", [-1, stateWidth])),
        ),
      )
    : null;
  const bias = (list: readonly number[]): string => b.reshape(rows(list.map(sumOf)), [-1]);
  return {
    x: wanted.x && inputSize > 0 ? inputGradient(b, operands, gates) : null,
    wIh: dWIh,
    wHh: dWHh,
    bIh: wanted.bIh ? bias(cell.inputRows) : null,
    bHh: wanted.bHh ? bias(cell.recurrentRows.map(({ gate }) => gate)) : null,
  };
}

/** The gradients [T, P, B] of the projected states times the states before their projection, [P, H]. */
function projectionGradient(b: ModelBuilder, { operands, kept }: Reserve, projected: string): string {
  const { hidden, width } = operands.parameters;
  const unprojected = flattened(b, kept[kept.length - 1], hidden);
  return b.node("Gemm", [flattened(b, projected, width), unprojected], [int("transB", 1)]);
}

/** [T, rows, B] as [rows, T B]. */
function flattened(b: ModelBuilder, gates: string, rows: number): string {
  return b.reshape(b.node("Transpose", [gates], [ints("perm", [1, 0, 2])]), [rows, -1]);
}

/** The gates' gradients times weight_ih, [T, B, I]. */
function inputGradient(b: ModelBuilder, { cell, x, parameters }: SequenceOperands, gates: readonly string[]): string {
  const sizes = cell.inputRows.map((k) => cell.gateSizes[k] * parameters.hidden);
  const weights = split(b, parameters.wIh.name, sizes, 0);
  const products = cell.inputRows.map((k, i) => b.node("Gemm", [gates[k], weights[i]], [int("transA", 1)]));
  return b.node(
    "Reshape",
    [products.reduce((sum, product) => add(b, sum, product)), b.node("Shape", [x.name])],
    [
      int("allowzero", 1), // an empty batch
    ],
  );
}
