export * from "./backend.js";
export * from "./dtype.js";
export * from "./errors.js";
export * from "./graph.js";
export * from "./ops.js";
export { requireKnownOptions } from "./options.js";
export * from "./runner.js";
export * from "./shape.js";
export { type OpRow, type OpTable, table } from "./table.js";
