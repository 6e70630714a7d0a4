// What a page costs, measured from outside.

/**
 * Watches the main thread: tasks over 50 ms, in milliseconds, and frames.
 * @param {import("playwright").Page} page
 * @param {number} seconds
 * @returns {Promise<{ longTasks: number[], framesPerSecond: number }>}
 */
export const smoothness = (page, seconds) =>
  page.evaluate(
    (wanted) =>
      new Promise((resolve) => {
        /** @type {number[]} */
        const longTasks = [];
        const observer = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) longTasks.push(Math.round(duration));
        });
        observer.observe({ type: "longtask" });
        const started = performance.now();
        let frames = 0;
        /** @param {number} now */
        const onFrame = (now) => {
          frames++;
          if (now - started < wanted * 1000) requestAnimationFrame(onFrame);
          else {
            observer.disconnect();
            resolve({ longTasks, framesPerSecond: (1000 * frames) / (now - started) });
          }
        };
        requestAnimationFrame(onFrame);
      }),
    seconds,
  );

/**
 * The longest tasks of the main thread by the processor time that they took, in milliseconds: other programs do not add to it.
 * @param {import("playwright").Page} page
 * @param {number} seconds
 * @returns {Promise<number[]>} the longest first
 */
export async function mainThreadTasks(page, seconds) {
  const browser = page.context().browser();
  if (browser === null) throw new Error("the page belongs to no browser that could be traced");
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
  await page.waitForTimeout(1000 * seconds);
  /** @type {{ traceEvents: { name: string, pid: number, tid: number, tdur?: number, args: { name?: string } }[] }} */
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const threads = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => /RunTask$/.test(name) && threads.some((thread) => thread.pid === pid && thread.tid === tid),
  );
  return tasks.map(({ tdur = 0 }) => tdur / 1000).sort((a, b) => b - a);
}

/**
 * Bytes in use on the heaps of a page and of its worker, after garbage collection.
 * @param {import("playwright").Page} page
 * @returns {Promise<{ read: () => Promise<{ page: number, worker: number }> }>}
 */
export async function heapReader(page) {
  const session = await page.context().newCDPSession(page);
  /** @type {Promise<string>} */
  const attached = new Promise((resolve) => {
    session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worker") resolve(sessionId);
    });
  });
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const worker = await attached;
  return {
    async read() {
      await session.send("HeapProfiler.collectGarbage");
      await askWorker(session, worker, "HeapProfiler.collectGarbage");
      const { usedSize } = await session.send("Runtime.getHeapUsage");
      return { page: usedSize, worker: (await askWorker(session, worker, "Runtime.getHeapUsage")).usedSize };
    },
  };
}

let calls = 0;

/**
 * @param {import("playwright").CDPSession} session
 * @param {string} sessionId
 * @param {string} method
 * @returns {Promise<{ usedSize: number }>}
 */
function askWorker(session, sessionId, method) {
  const id = ++calls;
  return new Promise((resolve) => {
    /** @param {{ sessionId: string, message: string }} event */
    const onAnswer = (event) => {
      const answer = JSON.parse(event.message);
      if (event.sessionId !== sessionId || answer.id !== id) return;
      session.off("Target.receivedMessageFromTarget", onAnswer);
      resolve(answer.result);
    };
    session.on("Target.receivedMessageFromTarget", onAnswer);
    void session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) });
  });
}
