import { cpuRunner } from "@unrolled/backend-cpu";
import { describeRunnerConformance } from "@unrolled/testkit";
import { describe, it } from "vitest";

describeRunnerConformance({ describe, it }, { name: "cpuRunner() in a browser", runner: () => cpuRunner() });
