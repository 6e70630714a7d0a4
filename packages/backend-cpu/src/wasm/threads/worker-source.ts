import {
  ARGUMENTS_AT,
  CREW_BYTES,
  LONGEST_MESSAGE,
  MESSAGE_AT,
  MOST_ARGUMENTS,
  SPINS,
  states,
  words,
} from "./layout.js";

/** What a worker is told when it starts. */
export interface WorkerTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the words of layout.ts. */
  readonly crewAt: number;
  /** Address of the thread's own working space. */
  readonly localAt: number;
  /** The word with this worker's state. */
  readonly stateWord: number;
}

/**
 * The program of a worker, as text, so that no bundler has to find a file. It runs in Node's worker_threads and as a Web Worker,
 * says "up", and then serves jobs without ever returning to its event loop.
 */
export const workerSource: string = `"use strict";
function start({ module, memory, crewAt, localAt, stateWord }, say) {
  const crew = new Int32Array(memory.buffer, crewAt, ${CREW_BYTES / 4});
  const args = new Float64Array(memory.buffer, crewAt + ${ARGUMENTS_AT * 4}, ${MOST_ARGUMENTS});
  const pause = (at, value) => {
    if (Atomics.load(crew, ${words.failed}) !== 0) throw new Error("another thread failed");
    Atomics.wait(crew, (at - crewAt) >> 2, value, 100);
  };
  const abort = () => { throw new Error("a WebAssembly kernel aborted"); };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, pause, abort } });
  exports.useThreadLocal(localAt);
  exports.useBarrier(crewAt);
  const kernels = Object.values(exports);

  function work(thread) {
    const given = Array.from(args.subarray(0, crew[${words.argumentCount}]));
    try {
      kernels[crew[${words.kernel}]](...given, thread, crew[${words.threads}]);
    } catch (error) {
      fail(String(error));
    }
  }

  function fail(text) {
    if (Atomics.compareExchange(crew, ${words.failed}, 0, 1) !== 0) return;
    const length = Math.min(text.length, ${LONGEST_MESSAGE});
    for (let i = 0; i < length; i++) crew[${MESSAGE_AT} + 1 + i] = text.charCodeAt(i);
    Atomics.store(crew, ${MESSAGE_AT}, length);
    Atomics.notify(crew, ${words.meetings});
  }

  function nextJob(job) {
    for (let i = 0; i < ${SPINS}; i++) if (Atomics.load(crew, ${words.job}) !== job) return;
    if (Atomics.compareExchange(crew, stateWord, ${states.spinning}, ${states.asleep}) !== ${states.spinning}) return;
    while (Atomics.load(crew, ${words.job}) === job) Atomics.wait(crew, ${words.job}, job);
    Atomics.compareExchange(crew, stateWord, ${states.asleep}, ${states.spinning});
  }

  function order() {
    for (let i = 0; ; i++) {
      const state = Atomics.load(crew, stateWord);
      if (state !== ${states.taken}) return state - ${states.working};
      if (i > ${SPINS}) Atomics.wait(crew, stateWord, ${states.taken}, 1);
    }
  }

  function serve() {
    for (let job = 0; ; ) {
      nextJob(job);
      job = Atomics.load(crew, ${words.job});
      if (Atomics.compareExchange(crew, stateWord, ${states.offered}, ${states.taken}) !== ${states.offered}) continue;
      work(order());
      Atomics.store(crew, stateWord, ${states.spinning});
      Atomics.add(crew, ${words.finished}, 1);
      Atomics.notify(crew, ${words.finished});
    }
  }

  Atomics.store(crew, stateWord, ${states.spinning});
  say("up");
  setTimeout(serve, 0);
}

if (typeof require === "function") {
  const { parentPort, workerData } = require("node:worker_threads");
  start(workerData, (word) => parentPort.postMessage(word));
} else {
  onmessage = ({ data }) => start(data, (word) => postMessage(word));
  onmessageerror = () => { throw new Error("memory cannot be shared with workers here"); };
}
`;
