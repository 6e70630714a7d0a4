import { ArgumentError, type HostTensor, type TypedArray } from "@unrolled/backend";
import { type Difference, largestDifference } from "./difference.js";
import type { InputValue } from "./input-value.js";
import { type LoadOnnxOptions, loadOnnx, type OnnxSource } from "./load-onnx.js";
import { OnnxSession } from "./onnx-session.js";

/** What a model takes, and what it should give. */
export interface Sample {
  readonly inputs: Readonly<Record<string, InputValue>>;
  /** Some of the outputs or all. */
  readonly outputs: Readonly<Record<string, HostTensor | TypedArray>>;
}

/**
 * Runs an ONNX model on samples, and returns for each output the largest difference to what was expected, over all samples.
 *
 * @param model a session, which stays open; or what `loadOnnx` takes, with its options
 * @throws as `loadOnnx` and `session.run`; ShapeError if an output has another shape than expected
 * @throws ArgumentError if no sample has outputs, or if a loaded session comes with options
 * @example
 * const inputs = { x: { data: await x.data(), shape: x.shape } };
 * const { y } = await verifyOnnx(bytes, [{ inputs, outputs: { y: await model.forward(x).data() } }]);
 * console.log(`largest difference to eager: ${y.absolute}`);
 */
export async function verifyOnnx(
  model: OnnxSource | OnnxSession,
  samples: readonly Sample[],
  options: LoadOnnxOptions = {},
): Promise<Record<string, Difference>> {
  const names = [...new Set(samples.flatMap(({ outputs }) => Object.keys(outputs)))];
  if (names.length === 0)
    throw new ArgumentError("verifyOnnx", "there is nothing to compare", "give samples with outputs");
  if (model instanceof OnnxSession) {
    if (Object.keys(options).length > 0) {
      throw new ArgumentError("verifyOnnx", "options for a session that is loaded", "give them to loadOnnx");
    }
    return compare(model, names, samples);
  }
  const session = await loadOnnx(model, options);
  try {
    return await compare(session, names, samples);
  } finally {
    await session.dispose();
  }
}

async function compare(
  session: OnnxSession,
  names: readonly string[],
  samples: readonly Sample[],
): Promise<Record<string, Difference>> {
  const largest: Record<string, Difference> = Object.fromEntries(
    names.map((name) => [name, { absolute: 0, relative: 0 }]),
  );
  for (const { inputs, outputs } of samples) {
    const fetches = Object.keys(outputs);
    if (fetches.length === 0) continue;
    const actual = await session.run(inputs, { fetches });
    for (const [name, expected] of Object.entries(outputs)) {
      const { absolute, relative } = largestDifference(actual[name], expected);
      const before = largest[name];
      largest[name] = {
        absolute: Math.max(before.absolute, absolute),
        relative: Math.max(before.relative, relative),
      };
    }
  }
  return largest;
}
