/** What a page loads when it first compiles a graph. */
export { CpuProgram } from "./program.js";
export { spaceOn } from "./space-on.js";
