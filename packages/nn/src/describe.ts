import type { Module } from "./module.js";

/** A module and all inside it, indented, with the settings that are plain values. */
export function describeModule(module: Module, outer: readonly Module[] = []): string {
  const settings = module.extraRepr();
  const path = [...outer, module];
  const children = [...module.namedChildren()].map(([name, child]) => {
    const text = path.includes(child) ? `${child.constructor.name}(...)` : describeModule(child, path);
    return `  (${name}): ${text.replaceAll("\n", "\n  ")}`;
  });
  const { name } = module.constructor;
  if (children.length === 0) return `${name}(${settings})`;
  return [`${name}(`, ...(settings === "" ? [] : [`  ${settings}`]), ...children, ")"].join("\n");
}

const hidden = new Set(["training"]);

/** `name: value` of own properties that are numbers, strings, booleans or lists of numbers. */
export function plainSettings(module: Module): string {
  return Object.entries(module)
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => [name, plain(value)] as const)
    .filter(([, text]) => text !== null)
    .map(([name, text]) => `${name}: ${text}`)
    .join(", ");
}

function plain(value: unknown): string | null {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "number"))
    return `[${value.join(", ")}]`;
  return null;
}
