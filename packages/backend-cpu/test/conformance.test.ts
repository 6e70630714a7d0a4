import { cpu } from "@unrolled/backend-cpu";
import { describeConformance } from "@unrolled/testkit";
import { describe, it } from "vitest";

describeConformance({ describe, it }, { name: "cpu", backend: cpu });
