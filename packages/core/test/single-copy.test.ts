import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BackendError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { getDefaultBackend, setDefaultBackend, withBackend, zeros } from "@unrolled/core";
import { afterEach, describe, expect, test } from "vitest";
import { decomposedCpu } from "./support/device.js";

describe("a second copy of the package", () => {
  const dist = new URL("../dist/", import.meta.url);
  const copy = new URL("../node_modules/.cache/second-copy/", import.meta.url);
  afterEach(() => rmSync(fileURLToPath(copy), { recursive: true, force: true }));

  test("throws at load and names both places", async () => {
    cpSync(fileURLToPath(dist), fileURLToPath(copy), { recursive: true });
    const loading = import(new URL("index.js", copy).href).then(
      () => new Error("it loaded"),
      (error: unknown) => error,
    );
    const error = (await loading) as Error;
    expect(error).toBeInstanceOf(BackendError);
    expect(error.message).toContain("two copies are loaded");
    expect(error.message).toContain(new URL("single-copy.js", dist).href);
    expect(error.message).toContain(new URL("single-copy.js", copy).href);
    expect(error.message).toContain("npm ls @unrolled/core");
  });

  test("is none if it is the same file once more", async () => {
    const again = (await import(new URL("index.js", dist).href)) as { getDefaultBackend: unknown };
    expect(again.getDefaultBackend).toBe(getDefaultBackend);
  });
});

describe("the default backend", () => {
  test("is missing until it is set, and the error says which line to add", () => {
    expect(() => zeros([1])).toThrow(BackendError);
    expect(() => zeros([1])).toThrow(/no backend is set; add: import .*setDefaultBackend\(cpu\(\)\).*"unrolled"/);
    expect(zeros([1], { backend: cpu() }).backend).toBe(cpu());
    setDefaultBackend(cpu());
    expect(zeros([1]).backend).toBe(getDefaultBackend());
  });

  test("is another one inside withBackend, and restored after an error", () => {
    setDefaultBackend(cpu());
    const other = decomposedCpu();
    expect(withBackend(other, () => zeros([1])).backend).toBe(other);
    const fail = (): never => {
      throw new RangeError("inside");
    };
    expect(() => withBackend(other, fail)).toThrow("inside");
    expect(getDefaultBackend()).toBe(cpu());
  });
});
