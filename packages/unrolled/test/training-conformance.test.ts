import { tfjs } from "@unrolled/backend-tfjs";
import { describeTrainingConformance } from "@unrolled/testkit/training";
import * as toolkit from "unrolled";
import { describe, it } from "vitest";

describeTrainingConformance({ describe, it }, { name: "cpu", backend: toolkit.cpu, toolkit });
describeTrainingConformance({ describe, it }, { name: "tfjs-wasm", backend: () => tfjs("wasm"), toolkit });
