import { type DType, type Shape, sizeOf, type TypedArray } from "@unrolled/backend";

const edgeItems = 3;
const summarizeAbove = 1000;
const significantDigits = 6;
const lineWidth = 80;

function formatNumber(value: number, dtype: DType): string {
  if (dtype === "bool") return value ? "true" : "false";
  if (dtype === "int32") return String(value);
  return Object.is(value, -0) ? "-0" : String(Number(value.toPrecision(significantDigits)));
}

/** Nested brackets as PyTorch prints them; long dimensions of big tensors show their ends only. */
export function formatElements(data: TypedArray, shape: Shape, dtype: DType): string {
  const size = sizeOf(shape);
  const summarize = size > summarizeAbove;
  const texts = new Map<number, string>();
  const text = (i: number): string => {
    let found = texts.get(i);
    if (found === undefined) {
      found = formatNumber(data[i], dtype);
      texts.set(i, found);
    }
    return found;
  };
  const shown = (length: number): (number | null)[] => {
    if (!summarize || length <= 2 * edgeItems) return Array.from({ length }, (_, i) => i);
    const head = Array.from({ length: edgeItems }, (_, i) => i);
    return [...head, null, ...head.map((i) => length - edgeItems + i)];
  };
  const walk = (axis: number, offset: number, visit: (i: number) => void): void => {
    if (axis === shape.length) {
      visit(offset);
      return;
    }
    const stride = sizeOf(shape.slice(axis + 1));
    for (const i of shown(shape[axis])) if (i !== null) walk(axis + 1, offset + i * stride, visit);
  };
  let width = 0;
  if (size > 0)
    walk(0, 0, (i) => {
      width = Math.max(width, text(i).length);
    });
  const draw = (axis: number, offset: number): string => {
    if (axis === shape.length) return text(offset).padStart(shape.length === 0 ? 0 : width);
    const stride = sizeOf(shape.slice(axis + 1));
    const parts = shown(shape[axis]).map((i) => (i === null ? "..." : draw(axis + 1, offset + i * stride)));
    const indent = " ".repeat(axis + 1);
    if (axis < shape.length - 1) return `[${parts.join(`,${"\n".repeat(shape.length - 1 - axis)}${indent}`)}]`;
    const perLine = Math.max(1, Math.floor((lineWidth - shape.length) / (width + 2)));
    const lines = Array.from({ length: Math.ceil(parts.length / perLine) }, (_, i) =>
      parts.slice(i * perLine, (i + 1) * perLine).join(", "),
    );
    return `[${lines.join(`,\n${indent}`)}]`;
  };
  return size === 0 ? `[] (empty)` : draw(0, 0);
}
