import {
  ArgumentError,
  DTypeError,
  dtypeOf,
  FormatError,
  formatShape,
  type HostTensor,
  ShapeError,
  sameShape,
  sizeOf,
} from "@unrolled/backend";
import { stateMetadataKey } from "@unrolled/onnx";
import type { Tensor } from "onnxruntime-node";
import { type DimSizes, formatDims } from "./dim-sizes.js";
import type { Engine, Tensors } from "./engine.js";
import { fileArrays, hostDType } from "./file-dtype.js";
import { elementsOf } from "./input-value.js";
import type { TensorSpec } from "./model-file.js";
import { hostTensorOf, release } from "./output-value.js";

/** A state tensor: the input that takes it, and the output that gives it after the step. */
export interface StateLink {
  readonly input: string;
  readonly output: string;
}

/** The links that stand in a file's metadata; none in a file without state. */
export function linksOf(metadata: Readonly<Record<string, string>>): readonly StateLink[] {
  if (!Object.hasOwn(metadata, stateMetadataKey)) return [];
  const broken = (problem: string, cause?: unknown): FormatError =>
    new FormatError("loadOnnx", `metadata "${stateMetadataKey}" ${problem}`, "give the option state, or export again", {
      cause,
    });
  const text = metadata[stateMetadataKey];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw broken("is no JSON", cause);
  }
  const isLink = (item: unknown): item is StateLink =>
    typeof item === "object" &&
    item !== null &&
    "input" in item &&
    typeof item.input === "string" &&
    "output" in item &&
    typeof item.output === "string";
  if (!Array.isArray(list) || !list.every(isLink)) throw broken("is no list of { input, output }");
  return list.map(({ input, output }) => ({ input, output }));
}

interface StateTensor {
  readonly link: StateLink;
  readonly spec: TensorSpec;
}

/** The state of a stream, which stays in ONNX Runtime's tensors from step to step. */
export class StreamState {
  readonly #engine: Engine;
  readonly #parts: readonly StateTensor[];
  /** By input. Null before the first step. */
  #held: Tensors | null = null;

  /** @throws ArgumentError, DTypeError or ShapeError for links that do not fit the model. */
  constructor(
    engine: Engine,
    links: readonly StateLink[],
    inputs: readonly TensorSpec[],
    outputs: readonly TensorSpec[],
  ) {
    this.#engine = engine;
    this.#parts = links.map((link) => ({ link, spec: checkedLink(link, inputs, outputs) }));
    const repeated = links.find(({ input }, i) => links.some((other, j) => j < i && other.input === input));
    if (repeated) throw new ArgumentError("loadOnnx", `state names input "${repeated.input}" twice`, "name it once");
  }

  get links(): readonly StateLink[] {
    return this.#parts.map(({ link }) => link);
  }

  /** Makes known what the held state says about named dimensions. */
  bind(op: string, sizes: DimSizes): void {
    if (!this.#held) return;
    for (const { link, spec } of this.#parts) {
      sizes.bind(op, `state "${link.input}"`, spec, this.#held[link.input].dims);
    }
  }

  /** The tensors to feed: those held, or zeros of the sizes that are known. */
  feeds(op: string, sizes: DimSizes): Tensors {
    this.#held ??= Object.fromEntries(this.#parts.map(({ spec }) => [spec.name, this.#zeros(op, spec, sizes)]));
    return this.#held;
  }

  /** Takes the next state from a step's results. */
  advance(op: string, results: Tensors): void {
    const next = this.#parts.map(({ link: { input, output } }) => {
      const [before, after] = [this.#held?.[input], results[output]];
      if (before && (before.type !== after.type || !sameShape(before.dims, after.dims))) {
        throw new ShapeError(
          op,
          `output "${output}" is ${after.type} ${formatShape(after.dims)}, the state "${input}" ${before.type} ${formatShape(before.dims)}`,
          "a state must come out as it went in: check the option state",
        );
      }
      return [input, after] as const;
    });
    this.#replace(Object.fromEntries(next));
  }

  reset(): void {
    this.#replace(null);
  }

  async read(): Promise<Record<string, HostTensor>> {
    const held = this.#held;
    const read: Record<string, HostTensor> = {};
    if (!held) return read;
    for (const { spec } of this.#parts) {
      const { name } = spec;
      const tensor = held[name];
      const { data, shape, dtype } = await hostTensorOf("readState", name, spec.dtype, tensor);
      read[name] = { data: data.slice(), shape: [...shape], dtype };
    }
    return read;
  }

  write(state: Readonly<Record<string, HostTensor>>, sizes: DimSizes): void {
    const op = "writeState";
    const given = Object.keys(state);
    if (given.length === 0) {
      this.reset();
      return;
    }
    const known = this.#parts.map(({ spec }) => spec.name);
    const wrong = [...known.filter((name) => !given.includes(name)), ...given.filter((name) => !known.includes(name))];
    if (wrong.length > 0) {
      throw new ArgumentError(
        op,
        `"${wrong.join('", "')}" ${wrong.length > 1 ? "are" : "is"} missing or no state`,
        known.length > 0 ? `give "${known.join('", "')}", or {} for none` : "the model has no state",
      );
    }
    const held = this.#parts.map(({ spec }) => {
      const where = `state "${spec.name}"`;
      const { data, shape, dtype } = state[spec.name];
      if (dtypeOf(data) !== dtype) {
        throw new DTypeError(op, `${where} says ${dtype}, but holds ${dtypeOf(data)}`, "give what readState gave");
      }
      const elements = elementsOf(op, where, spec, { data: data.slice(), shape, dtype });
      sizes.bind(op, where, spec, shape);
      return [spec.name, new this.#engine.ort.Tensor(spec.dtype, elements.data, [...shape])] as const;
    });
    this.#replace(Object.fromEntries(held));
  }

  #replace(next: Tensors | null): void {
    for (const tensor of Object.values(this.#held ?? {})) release(tensor);
    this.#held = next;
  }

  #zeros(op: string, spec: TensorSpec, sizes: DimSizes): Tensor {
    const shape = spec.shape && sizes.resolve(spec.shape);
    if (!shape?.every((size) => size !== null)) {
      const declared = spec.shape ? formatDims(spec.shape) : "without a shape";
      throw new ShapeError(
        op,
        `state "${spec.name}" is ${declared}, and the inputs do not tell its sizes`,
        "give the first state by writeState",
      );
    }
    return new this.#engine.ort.Tensor(spec.dtype, new fileArrays[spec.dtype](sizeOf(shape)), [...shape]);
  }
}

function checkedLink(
  { input, output }: StateLink,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
): TensorSpec {
  const op = "loadOnnx";
  const names = (specs: readonly TensorSpec[]): string => specs.map(({ name }) => name).join(", ") || "none";
  const from = inputs.find(({ name }) => name === input);
  const to = outputs.find(({ name }) => name === output);
  if (!from) throw new ArgumentError(op, `state: no input "${input}"`, `the inputs are ${names(inputs)}`);
  if (!to) throw new ArgumentError(op, `state: no output "${output}"`, `the outputs are ${names(outputs)}`);
  if (from.dtype !== to.dtype) {
    throw new DTypeError(
      op,
      `state: input "${input}" is ${from.dtype}, output "${output}" ${to.dtype}`,
      `link tensors of one dtype (${hostDType(from.dtype)} on the host)`,
    );
  }
  return from;
}
