export { cpuRunner } from "@unrolled/backend-cpu"; // a file of its own: the compiler loads when it is chosen
