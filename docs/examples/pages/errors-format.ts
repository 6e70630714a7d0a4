import { readNpz, readSafetensors, readSeries, UnrolledError, writeSafetensors } from "unrolled";

function refused(attempt: () => unknown): void {
  try {
    attempt();
    console.log("accepted");
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    console.log(`${error.name}: ${error.message.replace(`; ${error.remedy}`, `\n  ${error.remedy}`)}`);
  }
}

const bytes = writeSafetensors({ w: { data: Float32Array.of(1, 2), shape: [2], dtype: "float32" } });
refused(() => readSafetensors(bytes)); // whole
refused(() => readSafetensors(bytes.subarray(0, -1)));
refused(() => readNpz(new Uint8Array(100)));
refused(() => readSeries("day,births\n2014-01-01,many\n2014-01-02,few\n"));
