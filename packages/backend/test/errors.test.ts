import {
  ArgumentError,
  BackendError,
  DTypeError,
  FormatError,
  GraphError,
  ShapeError,
  UnrolledError,
} from "@unrolled/backend";
import { describe, expect, test } from "vitest";

const kinds = { ShapeError, DTypeError, ArgumentError, BackendError, FormatError, GraphError };

describe.each(Object.entries(kinds))("%s", (name, Kind) => {
  const error = new Kind("matmul", "inner sizes 3 and 4 differ", "transpose an operand");

  test("names the op, the problem and the remedy", () => {
    expect(error.message).toBe("matmul: inner sizes 3 and 4 differ; transpose an operand");
    expect(error.op).toBe("matmul");
    expect(error.remedy).toBe("transpose an operand");
  });

  test("carries its own name, also where it is printed", () => {
    expect(error.name).toBe(name);
    expect(String(error)).toBe(`${name}: ${error.message}`);
  });

  test("is an UnrolledError, and no sibling", () => {
    expect(error).toBeInstanceOf(UnrolledError);
    expect(error).toBeInstanceOf(Error);
    for (const [other, Other] of Object.entries(kinds)) if (other !== name) expect(error).not.toBeInstanceOf(Other);
  });
});

test("an error keeps its cause", () => {
  const cause = new Error("disk full");
  expect(new FormatError("readCsv", "cannot be read", "free some space", { cause }).cause).toBe(cause);
});

describe("UnrolledError.is", () => {
  test("knows errors of this copy", () => {
    expect(UnrolledError.is(new ShapeError("op", "problem", "remedy"))).toBe(true);
  });

  test("knows errors of another copy of the library, by their brand", () => {
    const foreign = Object.assign(new Error("add: shapes differ; broadcast one"), {
      [Symbol.for("@unrolled/error")]: true,
    });
    expect(foreign).not.toBeInstanceOf(UnrolledError);
    expect(UnrolledError.is(foreign)).toBe(true);
  });

  test.each([[new Error("plain")], [null], [undefined], ["ShapeError"], [{ op: "add", remedy: "none" }]])(
    "refuses %o",
    (other) => {
      expect(UnrolledError.is(other)).toBe(false);
    },
  );

  test("does not show the brand among the keys", () => {
    expect(Object.keys(new ShapeError("op", "problem", "remedy")).sort()).toEqual(["name", "op", "remedy"]);
  });
});
