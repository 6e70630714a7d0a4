import { describe, expect, it } from "vitest";
import { HelpRequest, readOptions, UsageError } from "../dist/examples/lib/options.js";

describe("the options of examples", () => {
  it("are listed with their defaults by --help", () => {
    for (const flag of ["--help", "-h"]) {
      try {
        readOptions([flag], { epochs: 300, verbose: false });
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(HelpRequest);
        expect((error as Error).message).toMatch(
          /^Usage: npm run example[\s\S]*--epochs EPOCHS +default 300\n +--verbose\n/,
        );
      }
    }
  });

  it("are named when one is mistyped", () => {
    expect(() => readOptions(["--epoch", "3"], { epochs: 300 })).toThrow(UsageError);
    expect(() => readOptions(["--epoch", "3"], { epochs: 300 })).toThrow(/\[--epochs EPOCHS\]/);
  });
});
