// Runs the kit in the browser's page, for the script that opened it.
import { runBackend, runCompiled } from "./engines.js";

/** @param {string} name */
async function conform(name) {
  const reports = await (name === "cpuRunner()" ? runCompiled() : runBackend(name));
  return reports.map(({ backend, level, results }) => ({ backend, level, results })); // errors cannot leave the page
}

Object.assign(globalThis, { conform });
