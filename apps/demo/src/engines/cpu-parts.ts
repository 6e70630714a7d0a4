export { cpu, cpuFeatures, cpuReady } from "@unrolled/backend-cpu"; // a file of its own: the page, which lists engines, loads none
