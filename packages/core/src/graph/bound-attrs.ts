import { type Attrs, evaluateSize, type Op, type Size, type SizedAttrs } from "@unrolled/backend";

/** Attributes with named sizes replaced by numbers. */
export function boundAttrs(attrs: Attrs<Op>, sized: SizedAttrs, sizes: Readonly<Record<string, number>>): Attrs<Op> {
  const bound = Object.entries(sized).map(([name, value]) => [
    name,
    isList(value) ? value.map((size) => evaluateSize(size, sizes)) : evaluateSize(value, sizes),
  ]);
  return { ...attrs, ...Object.fromEntries(bound) } as Attrs<Op>;
}

const isList = (value: Size | readonly Size[]): value is readonly Size[] => Array.isArray(value);
