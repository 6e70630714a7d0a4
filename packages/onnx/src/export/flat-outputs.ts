import { ArgumentError } from "@unrolled/backend";
import { Tensor } from "@unrolled/core";

/** A tensor, or tensors in lists and records, nested as one likes. */
export type ExportOutputs = Tensor | readonly ExportOutputs[] | { readonly [name: string]: ExportOutputs };

interface Found {
  /** The keys of records on the way. */
  readonly keys: readonly string[];
  readonly tensor: Tensor;
}

function flatten(op: string, value: unknown, keys: readonly string[]): Found[] {
  if (value instanceof Tensor) return [{ keys, tensor: value }];
  if (Array.isArray(value)) return value.flatMap((item) => flatten(op, item, keys));
  const isRecord = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (isRecord) return Object.entries(value).flatMap(([key, item]) => flatten(op, item, [...keys, key]));
  const place = keys.length > 0 ? ` under ${keys.join(".")}` : "";
  throw new ArgumentError(op, `forward returned ${describe(value)}${place}`, "return tensors, in lists or records");
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return typeof value === "object" ? `a ${value.constructor?.name ?? "value"}` : `a ${typeof value}`;
}

/**
 * The tensors that a function returned, in order, each under its name: the one given, else the keys of its records joined by dots,
 * else `output`, or `output_0`, `output_1` where there are several.
 */
export function flatOutputs(op: string, value: unknown, names: readonly string[] | undefined): [string, Tensor][] {
  const found = flatten(op, value, []);
  if (names !== undefined && names.length !== found.length) {
    throw new ArgumentError(
      op,
      `outputs names ${names.length} (${names.join(", ")}), forward returns ${found.length} tensors`,
      "name each, or give a forward that returns those you want",
    );
  }
  const unnamed = found.filter(({ keys }) => keys.length === 0).length;
  const entries = found.map(({ keys, tensor }, i): [string, Tensor] => {
    const own = keys.length > 0 ? keys.join(".") : unnamed > 1 ? `output_${i}` : "output";
    return [names?.[i] ?? own, tensor];
  });
  const all = entries.map(([name]) => name);
  const twice = all.find((name, i) => all.indexOf(name) !== i);
  if (twice !== undefined)
    throw new ArgumentError(op, `two outputs are named ${twice}`, "give names with outputs: [...]");
  return entries;
}
