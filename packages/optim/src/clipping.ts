import { ArgumentError } from "@unrolled/backend";
import { clamp, full, minimum, mul, noGrad, norm, scope, stack, type Tensor } from "@unrolled/core";

function gradientsOf(parameters: Iterable<Tensor>): Tensor[] {
  return [...parameters].flatMap(({ grad }) => (grad === null ? [] : [grad]));
}

function replace(target: Tensor, value: Tensor): void {
  target.assign_(value);
  value.dispose();
}

export interface ClipNormOptions {
  /** Order of the norm: a positive number or Infinity. Default 2. */
  readonly p?: number;
}

/**
 * Scales all gradients by one factor so that their total norm is at most `maxNorm`, as torch.nn.utils.clip_grad_norm_.
 *
 * @returns the total norm before clipping, 0-d
 * @example
 * loss.backward();
 * clipGradNorm(model.parameters(), 1);
 * optimizer.step();
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number, { p = 2 }: ClipNormOptions = {}): Tensor {
  if (!(maxNorm >= 0)) throw new ArgumentError("clipGradNorm", `maxNorm ${maxNorm}`, "use a number of 0 or more");
  const clip = (): Tensor => {
    const gradients = gradientsOf(parameters);
    if (gradients.length === 0) return full([], 0);
    const total = norm(stack(gradients.map((g) => norm(g, undefined, { p }))), undefined, { p });
    const factor = minimum(total.add(1e-6).reciprocal().mul(maxNorm), 1);
    for (const gradient of gradients) replace(gradient, mul(gradient, factor));
    return total;
  };
  return noGrad(() => scope(clip));
}

/** Limits every element of every gradient to [-limit, limit], as torch.nn.utils.clip_grad_value_. */
export function clipGradValue(parameters: Iterable<Tensor>, limit: number): void {
  if (!(limit >= 0)) throw new ArgumentError("clipGradValue", `limit ${limit}`, "use a number of 0 or more");
  const clip = (): void => {
    for (const gradient of gradientsOf(parameters)) replace(gradient, clamp(gradient, { low: -limit, high: limit }));
  };
  noGrad(() => scope(clip));
}
