import type { Call, FusedKernel, In, TypedArray, Wanted } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { sizeBetween } from "./arrays.js";
import { fusedKernel, type GradientsOf } from "./fused-kernel.js";
import { outcome } from "./softmax.js";

type K = "layerNorm";

export interface NormSizes {
  readonly rows: number;
  readonly n: number;
}

export function normSizes(call: Call<K>): NormSizes {
  const { shape } = call.in[0];
  const { axis } = call.attrs;
  return { rows: sizeBetween(shape, 0, axis), n: sizeBetween(shape, axis, shape.length) };
}

function meanOf(x: TypedArray, start: number, n: number): number {
  let sum = 0;
  for (let i = start; i < start + n; i++) sum += x[i];
  return sum / n;
}

/** 1 / sqrt(variance + eps) of a row. */
function scaleOf(x: TypedArray, start: number, n: number, mean: number, eps: number): number {
  let squares = 0;
  for (let i = start; i < start + n; i++) squares += (x[i] - mean) * (x[i] - mean);
  return 1 / Math.sqrt(squares / n + eps);
}

function forward(
  [x, weight, bias]: In<K, TypedArray>,
  call: Call<K>,
  save: boolean,
): { out: readonly [TypedArray]; reserve?: object } {
  const { rows, n } = normSizes(call);
  const { eps } = call.attrs;
  const y = allocate(call.out[0].dtype, x.length);
  for (let r = 0; r < rows; r++) {
    const start = r * n;
    const mean = meanOf(x, start, n);
    const scale = scaleOf(x, start, n, mean, eps);
    for (let j = 0; j < n; j++) {
      const normal = (x[start + j] - mean) * scale;
      const scaled = weight ? normal * weight[j] : normal;
      y[start + j] = bias ? scaled + bias[j] : scaled;
    }
  }
  return outcome(y, save);
}

function backward(
  [dy]: readonly [TypedArray | null],
  [x, weight, bias]: In<K, TypedArray>,
  _outputs: readonly [TypedArray],
  _reserve: object,
  call: Call<K>,
  wanted: Wanted<K>,
): GradientsOf<K> {
  const { rows, n } = normSizes(call);
  const { dtype } = call.out[0];
  const dx = wanted[0] ? allocate(dtype, x.length) : null;
  const dWeight = wanted[1] && weight ? new Float64Array(n) : null;
  const dBias = wanted[2] && bias ? new Float64Array(n) : null;
  for (let r = 0; dy && r < rows; r++) {
    const start = r * n;
    const mean = meanOf(x, start, n);
    const scale = scaleOf(x, start, n, mean, call.attrs.eps);
    let total = 0;
    let along = 0;
    for (let j = 0; j < n; j++) {
      const normal = (x[start + j] - mean) * scale;
      const given = dy[start + j];
      const g = weight ? given * weight[j] : given;
      total += g;
      along += g * normal;
      if (dWeight) dWeight[j] += given * normal;
      if (dBias) dBias[j] += given;
    }
    if (!dx) continue;
    for (let j = 0; j < n; j++) {
      const normal = (x[start + j] - mean) * scale;
      const g = weight ? dy[start + j] * weight[j] : dy[start + j];
      dx[start + j] = scale * (g - total / n - (normal * along) / n);
    }
  }
  return [dx, dWeight && rounded(dWeight, call), dBias && rounded(dBias, call)];
}

function rounded(sums: Float64Array, call: Call<K>): TypedArray {
  const out = allocate(call.out[0].dtype, sums.length);
  out.set(sums);
  return out;
}

/** (x - mean) / sqrt(variance + eps) * weight + bias over rows. Backward needs only the inputs. */
export const layerNorm: FusedKernel<K, TypedArray, object> = fusedKernel({ forward, backward });
