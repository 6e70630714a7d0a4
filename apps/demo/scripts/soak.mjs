// npm run demo:soak: trains for ten minutes in a browser, and prints the heaps of page and worker, long tasks and frames by the minute.
// --minutes 2, --task births --view gradients.
import { parseArgs } from "node:util";
import { heapReader, smoothness } from "./measure.mjs";
import { servedDemo } from "./served-demo.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    task: { type: "string", default: "sine" },
    view: { type: "string", default: "memory" },
  },
});

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(1).padStart(7);
const { browser, url, close } = await servedDemo();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const heaps = heapReader(page);
  await page.goto(`${url}#task=${values.task}&view=${values.view}`);
  const { read } = await heaps;
  await page.getByRole("button", { name: "Play" }).click();
  console.log("minute  page MB  worker MB  long tasks (ms)  frames/s  training");
  for (let minute = 1; minute <= Number(values.minutes); minute++) {
    const { longTasks, framesPerSecond } = await smoothness(page, 59);
    const heap = await read();
    const update = await page.getByText(/^update \d+$/).textContent();
    console.log(
      `${String(minute).padStart(6)}${megabytes(heap.page)}  ${megabytes(heap.worker)}    ${longTasks.join(" ") || "none"}  ${framesPerSecond.toFixed(1)}  ${update}`,
    );
  }
} finally {
  await close();
}
