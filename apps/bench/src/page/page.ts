// The bench in a browser: works and peers to choose, one worker after another, a table for each work.
import type { Budget } from "../measure.js";
import { peers } from "../peers/browser.js";
import { resultOf } from "../result-of.js";
import { isTimed, type Row } from "../row.js";
import { progress, table } from "../table.js";
import { makeWork, workNames } from "../works/index.js";
import type { Work } from "../works/work.js";
import type { PageRequest } from "./worker.js";

const budget: Budget = { warmSeconds: 0.5, seconds: 1, leastCalls: 2, most: 10, mostCalls: 200 };
const limit = 300; // seconds of a worker

function element<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${id}`);
}

const workChoice = element("works", HTMLFieldSetElement);
const peerChoice = element("peers", HTMLFieldSetElement);
const rounds = element("rounds", HTMLInputElement);
const start = element("start", HTMLButtonElement);
const status = element("status", HTMLElement);
const results = element("results", HTMLElement);

function addChoice(list: HTMLFieldSetElement, name: string, title: string, checked: boolean): void {
  const label = document.createElement("label");
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", value: name, checked });
  label.title = title;
  label.append(box, ` ${name}`);
  list.append(label);
}

const chosen = (list: HTMLFieldSetElement): string[] =>
  Array.from(list.querySelectorAll<HTMLInputElement>("input:checked"), ({ value }) => value);

/** Names of the address, `?work=W1,W4&peer=cpu,jax`, or null. */
const fromAddress = (key: string): string[] | null => new URLSearchParams(location.search).get(key)?.split(",") ?? null;

const timedWorks = workNames.flatMap((name): Work[] => {
  const work = makeWork(name);
  return work && !(work.kind === "training" && work.measure === "memory") ? [work] : [];
});
const fast = ["cpu", "cpu-2t", "cpu-compiled", "onnx", "plain", "tfjs-wasm", "tfjs-webgl", "jax"];
const askedWorks = fromAddress("work");
const askedPeers = fromAddress("peer");
for (const { name, title } of timedWorks)
  addChoice(workChoice, name, title, askedWorks ? askedWorks.includes(name) : ["W1", "W3", "W6"].includes(name));
for (const { name, about } of peers) addChoice(peerChoice, name, about, (askedPeers ?? fast).includes(name));

function runWorker(request: PageRequest): Promise<Row> {
  const { work, peer } = request;
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return new Promise<Row>((resolve) => {
    const fail = (failed: string): void => resolve({ work, peer, failed });
    setTimeout(() => fail(`it did not end within ${limit} s`), 1000 * limit);
    worker.addEventListener("message", ({ data }: MessageEvent<Row>) => resolve(data));
    worker.addEventListener("error", ({ message }) => fail(message));
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}

async function runAll(): Promise<void> {
  const works = timedWorks.filter(({ name }) => chosen(workChoice).includes(name));
  const names = chosen(peerChoice);
  const rows: Row[] = [];
  const missing = new Set<string>();
  for (let round = 0; round < rounds.valueAsNumber; round++) {
    for (const work of works) {
      for (const peer of names) {
        if (missing.has(`${work.name} ${peer}`)) continue;
        status.textContent = `Round ${round + 1}: ${work.name} ${peer} ...`;
        const row = await runWorker({ work: work.name, peer, budget });
        rows.push(row);
        if (!isTimed(row)) missing.add(`${work.name} ${peer}`);
        status.textContent = progress(work, row);
        results.textContent = works.map((each) => table(resultOf(each, names, rows))).join("\n\n");
      }
    }
  }
  status.textContent = "Done.";
}

start.addEventListener("click", () => {
  start.disabled = true;
  void runAll().finally(() => {
    start.disabled = false;
  });
});
element("machine", HTMLElement).textContent =
  `${navigator.userAgent}, ${navigator.hardwareConcurrency} cores, ${crossOriginIsolated ? "" : "not "}cross-origin isolated`;
if (new URLSearchParams(location.search).has("run")) start.click();
