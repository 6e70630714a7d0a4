export { cpuRunner } from "./compiled/cpu-runner.js";
export { cpu } from "./cpu.js";
