import { cpu, ones, setDefaultBackend, UnrolledError, withBackend } from "unrolled";

function refused(attempt: () => unknown): void {
  try {
    attempt();
    console.log("accepted");
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    console.log(`${error.name}: ${error.message.replace(`; ${error.remedy}`, `\n  ${error.remedy}`)}`);
  }
}

const plain = cpu({ simd: "off" });
const there = withBackend(plain, () => ones([2]));
refused(() => ones([2]).add(there));
const here = await there.to(cpu()); // the remedy
refused(() => ones([2]).add(here));
refused(() => {
  here.dispose();
  return here.add(1);
});
refused(() => setDefaultBackend(JSON.parse("{}")));
